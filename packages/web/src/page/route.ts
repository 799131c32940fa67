/**
 * @file Which screen the address names: the list, a study, or the transfers. Behind the `#`, which the browser sends to nobody.
 */
import { useEffect, useState } from "react";

export type Route =
  | { readonly screen: "worklist" }
  | { readonly screen: "transfers" }
  | { readonly screen: "study"; readonly studyUid: string };

export const TRANSFERS = "#/transfers";

function routeOf(hash: string): Route {
  if (hash === TRANSFERS) return { screen: "transfers" };
  const study = /^#\/studies\/([^/]+)$/.exec(hash);
  if (!study) return { screen: "worklist" };
  try {
    return { screen: "study", studyUid: decodeURIComponent(study[1]) };
  } catch {
    return { screen: "worklist" };
  }
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  return routeOf(hash);
}
