// What every page runs.

import "board-view";
import "feed-view";
import "notices-view";
import "online-view";
import "status-view";
import "time-view";
import { socket } from "live/site";

socket.addEventListener("signed_out", () => location.reload());
socket.open();
