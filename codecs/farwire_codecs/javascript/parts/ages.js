// Adds an age to an object, in seconds, and the time of the event if ChirpStack says when it heard the frame.
function addAge(object, eighths, recvTime) {
  object.age_s = eighths / 8;
  const heard = new Date(recvTime === undefined ? NaN : recvTime).getTime();
  if (!Number.isNaN(heard)) {
    object.time = new Date(heard - eighths * EIGHTH_MS).toISOString();
  }
}
