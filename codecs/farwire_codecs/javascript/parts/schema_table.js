// A schema's table, as a batch carries it inline and as the variable farwire_schema has it: channels, and how
// each column (an axis of a channel) behaves.

// Returns {schemaId, channels, interval_s, shapes}; shapes is empty where nothing is known of the columns.
function takeSchema(cursor, schemaId) {
  const first = cursor.unsigned("number of channels", 1);
  const channels = [];
  for (let index = 0; index < (first & 0x7f); index++) {
    const channel = cursor.unsigned("channel", 1);
    channels.push({ channel: channel, type: cursor.unsigned("type", 1) });
  }
  const interval = cursor.varint("interval_s");
  checkChannels(channels);
  const axes = axesOf(channels);
  const shapes = first & 0x80 ? axes.map(() => takeShape(cursor)) : [];
  shapes.forEach((shape, at) => checkShape(shape, axes[at], at));
  return { schemaId: schemaId, channels: channels, interval_s: interval, shapes: shapes };
}

// Returns the schema that the device's variable farwire_schema has; fails where it has none of this id.
function knownSchema(variables, schemaId) {
  const table = schemaTable(variables, schemaId);
  if (table === undefined) {
    fail(
      `schema ${schemaId} is not known here, and the batch does not carry it: set the device's variable ` +
        "farwire_schema to what a batch that carries its schema shows as farwire_schema; the node sends " +
        'one after the downlink {"acknowledgement": {"through": 0, "schema_wanted": true}}'
    );
  }
  const cursor = new Cursor("channel table", table);
  const schema = takeSchema(cursor, schemaId);
  cursor.end();
  return schema;
}

function checkChannels(channels) {
  if (channels.length < 1 || channels.length > MAXIMUM_CHANNELS) {
    fail(`schema has ${channels.length} channels, expected 1 to ${MAXIMUM_CHANNELS}`);
  }
  channels.forEach((channel) => typeOf(channel.type));
  if (new Set(channels.map(({ channel, type }) => 256 * channel + type)).size < channels.length) {
    fail("schema names a channel and type twice");
  }
}

// Returns the axis of each column, with the range of its integers.
function axesOf(channels) {
  const axes = [];
  for (const { type } of channels) {
    for (const { size, signed, steps } of typeOf(type).axes) {
      const span = 2 ** (8 * size);
      const low = signed ? -span / 2 : 0;
      axes.push({ size: size, steps: steps, low: low, high: low + span - 1 });
    }
  }
  return axes;
}

function takeShape(cursor) {
  const flags = cursor.unsigned("shape", 1);
  if ((flags & 3) > MAXIMUM_PREDICTOR || flags & ~0x1f) {
    fail(`${cursor.frame}: a shape has flags 0x${hex(flags, 2)}`);
  }
  const classes = cursor.unsigned("scale and spread", 1);
  const reference = unzigzag(cursor.varint("reference"));
  const step2 = flags & 0x08 ? cursor.varint("step2") : 2;
  if (flags & 0x08 && step2 === 2) {
    fail(`${cursor.frame}: a step of 1 is spelled out`);
  }
  const partner = flags & 0x10 ? cursor.unsigned("partner", 1) : NO_PARTNER;
  if (flags & 0x10 && partner === NO_PARTNER) {
    fail(`${cursor.frame}: a shape has a partner that stands for none`);
  }
  return {
    step2: step2,
    predictor: flags & 3,
    uneven: (flags & 0x04) !== 0,
    scale: classes >> 4,
    reference: reference,
    spread: classes & 15,
    partner: partner,
    weight: flags & 0x10 ? unzigzag(cursor.varint("weight")) : 0,
  };
}

function unzigzag(value) {
  return value % 2 ? -(value + 1) / 2 : value / 2;
}

function checkShape(shape, axis, at) {
  const within = (name, low, high) => {
    if (shape[name] < low || shape[name] > high) {
      fail(`schema: ${name} of column ${at} is ${shape[name]}, expected ${low} to ${high}`);
    }
  };
  within("step2", 2, MAXIMUM_STEP2);
  within("scale", 0, SCALES - 1);
  const low = Math.floor((2 * axis.low) / shape.step2);
  const high = Math.floor((2 * axis.high) / shape.step2);
  within("reference", Math.max(low, -MAXIMUM_REFERENCE), Math.min(high, MAXIMUM_REFERENCE));
  within("spread", 0, SPREADS - 1);
  within("weight", -MAXIMUM_WEIGHT, MAXIMUM_WEIGHT);
  if (shape.partner !== NO_PARTNER && shape.partner >= at) {
    fail(`schema: partner of column ${at} is ${shape.partner}, expected a column before it`);
  }
}

// Returns the shape of each column: the schema's, or what is assumed of columns that nothing is known of.
function shapesOf({ channels, shapes }) {
  if (shapes.length) {
    return shapes;
  }
  return axesOf(channels).map(({ size }) => ({
    step2: 2,
    predictor: 0,
    uneven: false,
    scale: UNKNOWN_SCALE,
    reference: 0,
    spread: Math.min(8 * size, SPREADS - 1),
    partner: NO_PARTNER,
    weight: 0,
  }));
}
