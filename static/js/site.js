// What every page runs.

import "avatar-view";
import "board-view";
import "feed-view";
import "fresh-view";
import "notices-view";
import "online-view";
import "status-view";
import "time-view";
import { socket } from "live/site";

// The page may already be leaving, with the form that ended the session; a reload would cancel that.
const LEAVING_MS = 5_000;
let leaving = false;
addEventListener("beforeunload", () => (leaving = true));
addEventListener("pageshow", () => (leaving = false));
socket.addEventListener("signed_out", () => setTimeout(() => location.reload(), leaving ? LEAVING_MS : 0));
socket.open();
