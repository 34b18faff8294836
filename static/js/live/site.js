// The page's one socket, shared by everything on it, and its topics.

import { LiveSocket } from "live/socket";
import { Topics } from "live/topics";

const url = new URL(document.body.dataset.socket, location.href);
url.protocol = url.protocol.replace("http", "ws");

export const socket = new LiveSocket(url.href);
export const topics = new Topics(socket);
// What the runs on this page are for, as the message `start` says it.
export const mode = document.body.dataset.mode ?? "";
export const player = Number(document.body.dataset.player) || null;
