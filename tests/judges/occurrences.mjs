// Reads calendars as Thunderbird does, and says of each when something happens.
//
//     node occurrences.mjs < [{"file": …, "from": "2030-01-01", "to": "2031-01-01"}, …] > [[…], …]
//
// An instant is written in UTC, a whole day as a day; each with its title.
import fs from "node:fs";
import ICAL from "ical.js";

const MOST = 5000;

function found({ file, from, to }) {
  const calendar = new ICAL.Component(ICAL.parse(file));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(zone);
  }
  const said = [];
  for (const part of calendar.getAllSubcomponents("vevent")) {
    const event = new ICAL.Event(part);
    if (event.isRecurrenceException()) continue;
    const walk = event.iterator();
    for (let at = walk.next(), n = 0; at && n < MOST; at = walk.next(), n++) {
      const shown = event.getOccurrenceDetails(at);
      const day = shown.startDate.toString().slice(0, 10);
      if (day > to) break;
      if (day < from) continue;
      const when = shown.startDate.isDate
        ? shown.startDate.toString()
        : shown.startDate.toJSDate().toISOString().slice(0, 16);
      said.push(`${when} ${shown.item.summary}`);
    }
  }
  return said.sort();
}

process.stdout.write(JSON.stringify(JSON.parse(fs.readFileSync(0, "utf8")).map(found)));
