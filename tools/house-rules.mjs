/** Rules of this house that no published plugin has. Each message says what to do instead. */

const domains = [
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
const foreign = new RegExp(
  `\\b(?:from|join|into|update|references)\\s+(${domains.join('|')})\\.[a-z_]+`,
  'gi',
)

/** A store may name tables of its own domain only; another domain is asked through its front door. */
const noForeignSchema = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      foreign:
        "This statement names the schema '{{schema}}' from the domain '{{own}}'. Ask that domain through its index.ts.",
    },
  },
  create(context) {
    const own = /domains\/([^/]+)\//.exec(context.filename)?.[1]
    if (own === undefined || context.filename.endsWith('.test.ts')) return {}
    const look = (node, text) => {
      for (const found of text.matchAll(foreign)) {
        const schema = found[1].toLowerCase()
        if (schema !== own) context.report({ node, messageId: 'foreign', data: { schema, own } })
      }
    }
    return {
      TemplateElement(node) {
        look(node, node.value.raw)
      },
      Literal(node) {
        if (typeof node.value !== 'string') return
        look(node, node.value)
        const table = /^([a-z]+)\.[a-z_]+( as [a-z]+)?$/.exec(node.value)
        const method = node.parent?.callee?.property?.name
        if (
          table !== null &&
          domains.includes(table[1]) &&
          table[1] !== own &&
          /^(selectFrom|insertInto|updateTable|deleteFrom|innerJoin|leftJoin)$/.test(method ?? '')
        )
          context.report({ node, messageId: 'foreign', data: { schema: table[1], own } })
      },
    }
  },
}

/** Words on a screen come from the catalogue; punctuation and numbers may stand in the markup. */
const noLiteralText = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { literal: "Put '{{text}}' into locales/<lang>/<domain>.json and call its message." },
  },
  create(context) {
    const shown = new Set(['aria-label', 'title', 'placeholder', 'alt', 'label'])
    const check = (node, text) => {
      if (/\p{L}{2,}/u.test(text))
        context.report({ node, messageId: 'literal', data: { text: text.trim().slice(0, 40) } })
    }
    return {
      JSXText(node) {
        check(node, node.value)
      },
      JSXAttribute(node) {
        if (shown.has(node.name.name) && node.value?.type === 'Literal')
          check(node, String(node.value.value))
      },
    }
  },
}

export const houseRules = {
  rules: { 'no-foreign-schema': noForeignSchema, 'no-literal-text': noLiteralText },
}
