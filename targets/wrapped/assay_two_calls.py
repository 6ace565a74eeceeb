"""An application as servers of ASGI 2 call it: once with the scope, and what that gives with receive and send."""


def two_calls(application):
    def instance(scope):
        async def run(receive, send):
            await application(scope, receive, send)

        return run

    return instance
