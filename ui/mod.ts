/**
 * The dashboard: pages for people, drawn from the manager's REST API.
 *
 * @module
 */

export { dashboardOf } from "./dashboard.tsx";
export type { Api as DashboardApi } from "./api_reader.ts";
