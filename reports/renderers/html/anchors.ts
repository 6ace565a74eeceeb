/** Where a requirement, a clause or a finding stands in the page; ids are immutable, so links last. */
export const requirementAnchor = (id: string): string => `requirement-${id}`

export const clauseAnchor = (id: string): string => `clause-${id}`

export const findingAnchor = (id: string): string => `finding-${id}`

export const measurementAnchor = (id: string): string => `measurement-${id}`

/** A path inside the bundle as a relative link; never another scheme, whatever the record holds. */
export const fileLink = (path: string): string =>
  `./${path.split('/').map(encodeURIComponent).join('/')}`
