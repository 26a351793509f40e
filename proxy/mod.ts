/**
 * codis-proxy: one address in front of many servers.
 *
 * @module
 */

export {
  type Proxy,
  type ProxyLimits,
  type ProxyOptions,
  startProxy,
  type TopologySource,
} from "./proxy.ts";
export { PROXY_PROGRAM } from "./proxy_program.ts";
