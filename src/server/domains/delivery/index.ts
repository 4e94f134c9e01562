export { buildDelivery, sweepDrafts, type Workshop } from './build.ts'
export { deliveryFacts, deliverySource } from './facts.ts'
export { type DeliveryGround, deliveryRoutes } from './routes.ts'
export { unbuilt } from './store.ts'
