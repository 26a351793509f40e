/** @module */
import type { RequestParser } from "../core/resp/request_parser.ts";
import type { DataPlane } from "./data_plane.ts";
import type { OtherCommands } from "./dispatcher.ts";
import type { Session } from "./session.ts";

export class CommandRouter implements OtherCommands {
  readonly #plane: DataPlane;
  constructor(plane: DataPlane) {
    this.#plane = plane;
  }
  dispatch(session: Session, _id: number, _parser: RequestParser): boolean {
    return this.#plane.dispatcher.answer(session, new TextEncoder().encode("+PONG\r\n"));
  }
  forget(_session: Session): void {}
  onPart(_request: number, _bytes: Uint8Array, _start: number, _end: number): void {}
  onPartRefused(_request: number, _bytes: Uint8Array): boolean {
    return false;
  }
  hasOpenPart(_request: number, _slot: number): boolean {
    return false;
  }
}
