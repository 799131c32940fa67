/**
 * @file Entry of the review page.
 */
import { createRoot } from "react-dom/client";
import { LanguageProvider } from "./language/language-context";
import { App } from "./page/app";
import { ErrorBoundary } from "./page/error-boundary";
import "./page/base.css";
import "./page/worklist.css";
import "./page/study.css";
import "./page/transfers.css";

const root = document.getElementById("root");
if (!root) throw new Error("unreachable: a page without its root");
createRoot(root).render(
  <LanguageProvider>
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </LanguageProvider>,
);
