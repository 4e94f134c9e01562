/** Domains from the ground up: each may import those before it in this list, never those after it. */
const order = [
  'access',
  'audit',
  'identity',
  'vault',
  'facility',
  'workforce',
  'projects',
  'messaging',
  'annotation',
  'quality',
  'delivery',
  'privacy',
  'compliance',
]

const within = (name) => `^src/server/domains/${name}/`
const rule = (name, from, to) => ({ name, severity: 'error', from, to })

const eachStaysBelow = order
  .slice(0, -1)
  .map((name, place) =>
    rule(
      `${name}-stays-below`,
      { path: within(name) },
      { path: within(`(${order.slice(place + 1).join('|')})`) },
    ),
  )

export default {
  forbidden: [
    ...eachStaysBelow,
    rule('every-domain-has-a-place', { path: within(`(?!(${order.join('|')})/)[^/]+`) }, {}),
    rule('no-cycles', {}, { circular: true }),
    rule(
      'front-door-only',
      { path: within('([^/]+)') },
      { path: within('[^/]+'), pathNot: [within('$1'), '/index[.]ts$'] },
    ),
    rule(
      'outside-enters-by-door-or-routes',
      { path: '^src/', pathNot: within('[^/]+') },
      { path: within('[^/]+'), pathNot: '/(index|routes|tables)[.]ts$' },
    ),
    rule(
      'kernel-knows-no-domain',
      { path: '^src/server/kernel/' },
      { path: within('[^/]+'), pathNot: '/tables[.]ts$' },
    ),
    rule(
      'tables-are-types',
      { path: '^src/' },
      { path: '/tables[.]ts$', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'only-stores-speak-sql',
      {
        path: '^src/',
        pathNot: '/(store|db|prepared|statement)[.]ts$|/store/[^/]+[.]ts$|[.]test[.]tsx?$',
      },
      { path: '(^|/)node_modules/(pg|kysely)/', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'only-routes-know-http',
      { path: within('[^/]+'), pathNot: '/routes[.]ts$' },
      { path: '^src/server/http/|(^|/)node_modules/fastify/' },
    ),
    rule('shared-knows-nobody', { path: '^src/shared/' }, { path: '^src/(server|web|cli)/' }),
    // the command speaks to the server through the operator door; only `start` may start one, only
    // `backup` may take hold of one that does not run, `doctor` looks at one from beside it, and
    // `policy` judges by the gate's own code
    rule(
      'clients-know-no-server',
      { path: '^src/(web|cli)/', pathNot: '^src/cli/commands/(start|backup|doctor|policy)[.]ts$' },
      { path: '^src/server/' },
    ),
    rule('packages-know-no-product', { path: '^packages/' }, { path: '^src/' }),
    rule(
      'no-dev-tool-in-the-product',
      { path: '^src/(server|cli|shared)/|^packages/', pathNot: '[.]test[.]tsx?$' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
  ],
}
