/**
 * Every path of the coordinator, in one place.
 *
 * ```text
 * /codis/<product>/topology             the document
 * /codis/<product>/history/<epoch>      earlier documents
 * /codis/<product>/managers/leader      ephemeral: elects
 * /codis/<product>/proxies/<id>-<boot>  ephemeral: one per proxy process
 * /codis/<product>/proxies-wanted/<id>  what the operator wants of a proxy
 * /codis/<product>/migrations/<id>      progress, advisory
 * /jodis/<product>/proxy-<id>           ephemeral, for Jodis clients
 * ```
 *
 * Invariant: names are checked where they enter a path, so a product never reaches outside its own.
 *
 * @module
 */

/** Where all products are. */
const PRODUCTS_PATH = "/codis";

/** The paths of one product. */
export interface ProductPaths {
  /** The topology document. */
  readonly topology: string;
  /** Parent of the earlier documents. */
  readonly history: string;
  /** The node that elects the leader. */
  readonly leader: string;
  /** Parent of the proxies' nodes. */
  readonly proxies: string;
  /** Parent of the migrations' progress. */
  readonly migrations: string;
  /** Parent of the proxies' nodes for Jodis clients. */
  readonly jodis: string;
}

/** Returns the paths of `product`. @throws {TypeError} if its name cannot be one path segment. */
export function pathsOf(product: string): ProductPaths {
  const root = `${PRODUCTS_PATH}/${segment("product", product)}`;
  return {
    topology: `${root}/topology`,
    history: `${root}/history`,
    leader: `${root}/managers/leader`,
    proxies: `${root}/proxies`,
    migrations: `${root}/migrations`,
    jodis: `/jodis/${product}`,
  };
}

/** Returns the paths that everything of `product` is at or under. */
export function productRoots(product: string): string[] {
  return [`${PRODUCTS_PATH}/${segment("product", product)}`, pathsOf(product).jodis];
}

/** Returns the path of the document that had `epoch`. */
export function historyPath(product: string, epoch: number): string {
  return `${pathsOf(product).history}/${epoch}`;
}

/** Returns the path of one process of a proxy; `boot` is random per start. */
export function proxyPath(product: string, id: string, boot: string): string {
  return `${pathsOf(product).proxies}/${segment("proxy id", id)}-${segment("boot id", boot)}`;
}

/** Returns the path of what the operator wants of a proxy; where there is none, it is to be online. */
export function wantedProxyPath(product: string, id: string): string {
  return `${PRODUCTS_PATH}/${segment("product", product)}/proxies-wanted/${
    segment("proxy id", id)
  }`;
}

/** Returns the path of a migration's progress. */
export function migrationPath(product: string, id: string): string {
  return `${pathsOf(product).migrations}/${segment("migration id", id)}`;
}

/** Returns the path that tells Jodis clients of a proxy. */
export function jodisPath(product: string, id: string): string {
  return `${pathsOf(product).jodis}/proxy-${segment("proxy id", id)}`;
}

function segment(what: string, name: string): string {
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(name) || name === "." || name === "..") {
    throw new TypeError(
      `Cannot use "${name}" as ${what}: want 1 to 128 of A-Z a-z 0-9 _ . - and not "." or ".."`,
    );
  }
  return name;
}
