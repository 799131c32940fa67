/**
 * @file What is shown in place of a screen that could not be drawn: why, and the way out of it. Without it the page would go blank.
 */
import { Component, type ReactNode } from "react";
import { useSpeech } from "../language/language-context";

export interface ErrorBoundaryProps {
  /** What stands around the reason. @default nothing */
  readonly frame?: (reason: ReactNode) => ReactNode;
  readonly children: ReactNode;
}

interface Failure {
  readonly reason?: string;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, Failure> {
  override state: Failure = {};

  static getDerivedStateFromError(error: unknown): Failure {
    return { reason: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { reason } = this.state;
    const { frame = (content) => content, children } = this.props;
    return reason === undefined ? children : frame(<Broken reason={reason} />);
  }
}

/** Loading anew also helps where the service was upgraded, and the code that this page would fetch is no longer there. */
function Broken({ reason }: { readonly reason: string }) {
  const { say } = useSpeech();
  return (
    <main className="broken">
      <div className="empty" role="alert">
        <p>{say("app.broken", { reason })}</p>
        <button type="button" onClick={() => location.reload()}>
          {say("app.reload")}
        </button>
      </div>
    </main>
  );
}
