import { Hono } from 'hono'
import type { ASGIApplication } from '../reference-server/asgi/application.ts'
import { fromFetch } from '../reference-server/fetch/from-fetch.ts'

const routes = new Hono()

routes.get('/', (context) => context.text('Hello from Hono!'))
routes.get('/greet/:name', (context) => context.json({ hello: context.req.param('name') }))
routes.post('/echo', async (context) => context.body(await context.req.arrayBuffer()))

/** A Hono application on the reference server: `assay serve examples/hono.ts:app`. */
export const app: ASGIApplication = fromFetch((request) => routes.fetch(request))
