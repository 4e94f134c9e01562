import { stampedTable } from '../audit/index.ts'

const rowsOf = (table: string, name: string) =>
  `(select jsonb_agg(to_jsonb(r) order by to_jsonb(r)::text)::text from ${table} r) as ${name}`

/** The site in force as the log vouches for it: its file, and the rows that the gate reads instead of it. */
export const stampedSite = stampedTable({
  kind: 'site',
  table: '(select * from facility.site where active) as site',
  subject: `'site'`,
  columns: [
    ...['hash', 'name', 'timezone', 'file', 'activated_at'],
    rowsOf('facility.zone', 'zones'),
    rowsOf('facility.open_hours', 'open_hours'),
    rowsOf('facility.zone_project', 'projects'),
    rowsOf('facility.portal', 'portals'),
  ],
})
