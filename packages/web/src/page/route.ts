/**
 * @file Which screen the address names: the list, or a study. Behind the `#`, which the browser sends to nobody.
 */
import { useEffect, useState } from "react";

export type Route = { readonly screen: "worklist" } | { readonly screen: "study"; readonly studyUid: string };

function routeOf(hash: string): Route {
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
