// History batch (FPort 210, up): consecutive records, the oldest first, each with the values of a node's
// channels.
const HISTORY_FLAGS = { acknowledgementWanted: 1, inline: 2, carried: 4, oneChannel: 8, offGrid: 16 };

function decodeHistory(bytes, { recvTime, variables, warnings }) {
  const cursor = new Cursor("history batch", bytes);
  const flags = cursor.header(0x1f);
  const wanted = (flags & HISTORY_FLAGS.acknowledgementWanted) !== 0;
  if (flags & HISTORY_FLAGS.carried) {
    return { frame: "history", history: carriedHistory(cursor, flags, wanted, warnings) };
  }
  const schemaId = cursor.unsigned("schema id", 1);
  const inline = (flags & HISTORY_FLAGS.inline) !== 0;
  const start = cursor.position - 1;
  const schema = inline ? takeSchema(cursor, schemaId) : knownSchema(variables, schemaId);
  const end = cursor.position;
  const only = flags & HISTORY_FLAGS.oneChannel ? cursor.unsigned("channel index", 1) : undefined;
  if (only >= schema.channels.length) {
    fail(`history batch is of channel ${only} of ${schema.channels.length}`);
  }
  const model = modelOf(schema, only, (flags & HISTORY_FLAGS.offGrid) !== 0);
  const history = {
    schema_id: schemaId,
    channels: model.channels.map(({ channel, type }) =>
      describe({ channel: channel, type: type }, typeOf(type))
    ),
    acknowledgement_wanted: wanted,
    one_channel: only !== undefined,
    records: takeRecords(rangeDecoder(bytes, cursor.position), schema, model, recvTime),
  };
  if (inline) {
    history.farwire_schema = hexOfBytes(bytes.slice(start, end));
  }
  return { frame: "history", history: history };
}

// Returns what can be said of a batch that builds on a model at an acknowledged record.
function carriedHistory(cursor, flags, wanted, warnings) {
  if (flags & (HISTORY_FLAGS.inline | HISTORY_FLAGS.oneChannel | HISTORY_FLAGS.offGrid)) {
    fail(`history batch has flags 0x${hex(flags, 2)}, which exclude each other`);
  }
  const base = cursor.unsigned("base", 1);
  const check = cursor.unsigned("check", 1);
  const notShown =
    `the values build on the model at record ${base} (modulo 256), which the bridge has and ChirpStack ` +
    "does not; for batches that can be shown here, switch the node's setting history_carry off";
  warnings.push(notShown);
  return { acknowledgement_wanted: wanted, base: base, check: hex(check, 2), not_shown: notShown };
}

// Returns the records, with their ages before the end of the frame's transmission.
function takeRecords(decoder, schema, model, recvTime) {
  const { takeEven, takeChance, takeNatural, takeResidual, end } = decoder;
  const number = takeNatural();
  const interval = takeEven(1) ? takeNatural() - 1 : schema.interval_s;
  const present = [];
  const values = new Array(model.shapes.length).fill(0);
  const takeRow = rowReader(decoder, model, present, values);
  const showRow = rowShower(model, present, values);
  const records = [];
  const times = [];
  let time = 0;
  let magnitude = 0;
  let late = 0;
  do {
    if (records.length === MAXIMUM_RECORDS) {
      fail(`history batch has more than ${MAXIMUM_RECORDS} records`);
    }
    if (records.length) {
      late = takeResidual(RARE, scaleOf(magnitude), late, 1);
      magnitude = averaged(magnitude, late);
      const apart = interval + late;
      if (apart < 0 || apart > MAXIMUM_INTERVAL_S) {
        fail(`history batch: ${apart} s between two records`);
      }
      time += apart;
    }
    takeRow();
    times.push(time);
    records.push(showRow(number + records.length));
  } while (!takeChance(Math.floor(32768 / (records.length + LAST_ROW_ODDS))));
  const age = takeNatural() - 1;
  end();
  if (number + records.length - 1 > MAXIMUM_U32) {
    fail(`history batch: ${records.length} records from number ${number}`);
  }
  records.forEach((record, index) => addAge(record, age + 8 * (time - times[index]), recvTime));
  return records;
}

// Returns what shows the latest row as a record: {number, age_s, values: {name: {channel: value}}, raw:
// likewise}.
function rowShower({ channels, axes }, present, values) {
  const steps = axes.map((axis) => axis.steps);
  const shownAs = channels.map(({ channel, type, first }) => {
    const { name, names } = typeOf(type);
    return { name: name, names: names, channel: channel, first: first };
  });
  return (number) => {
    const scaled = {};
    const raw = {};
    for (let index = 0; index < shownAs.length; index++) {
      if (present[index]) {
        const { name, names, channel, first } = shownAs[index];
        const scaledOnes = scaled[name] || (scaled[name] = {});
        const rawOnes = raw[name] || (raw[name] = {});
        if (names.length === 0) {
          scaledOnes[channel] = values[first] / steps[first];
          rawOnes[channel] = values[first];
        } else {
          const scaledAxes = (scaledOnes[channel] = {});
          const rawAxes = (rawOnes[channel] = {});
          let at = first;
          for (const axis of names) {
            scaledAxes[axis] = values[at] / steps[at];
            rawAxes[axis] = values[at];
            at++;
          }
        }
      }
    }
    return { number: number, age_s: 0, values: scaled, raw: raw };
  };
}
