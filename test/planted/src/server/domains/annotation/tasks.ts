import '../audit/store.ts'
import './leases.ts'
import 'fastify'
export const tasks = 1
