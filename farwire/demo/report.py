"""What the demo tells the person before it: a live line, and the summary with the audit's finding."""

import datetime
from collections.abc import Mapping
from typing import Any

from farwire.demo.audit import Audit


def live_line(twin: Mapping[str, Any], cloud: Mapping[str, Any] | None) -> str:
    """Return one line about what flows, from the twin's and the cloud's sums."""
    clock = datetime.datetime.fromtimestamp(twin["utc_ms"] / 1000, datetime.UTC).strftime("%H:%M:%S")
    stored = "cloud away" if cloud is None else f"{cloud['records']} stored"
    return (
        f"plant {clock}  {twin['joins']} joins  {twin['uplinks']} uplinks  {twin['sampled']} sampled"
        f"  {stored}  {twin['acknowledged']} acknowledged  {twin['alarms']} alarms"
        f"  {twin['downlinks']} downlinks  {twin['airtime_ms'] / 1000:.1f} s on air"
    )


def summary(audit: Audit, twin: Mapping[str, Any], restarts: Mapping[str, int]) -> str:
    """Return the account of a whole run."""
    latency = twin.get("alarm_latency_ms")
    alarms = f"{twin['alarms']} raised, {twin['alarms_sent']} sent"
    if latency:
        alarms += (
            f"; from sample to transmission: median {latency['median']} ms, "
            f"95 % {latency['p95']} ms, worst {latency['worst']} ms"
        )
    duty = twin.get("worst_duty")
    law = "no limit in this region"
    if duty:
        law = (
            f"{duty['duty_percent']:.3f} % of an hour in its sub-band, "
            f"{duty['percent_of_limit']:.1f} % of what is allowed"
        )
    up_s, down_s = twin["airtime_ms"] / 1000, twin["gateway_airtime_ms"] / 1000
    again = ", ".join(f"{name} {count}" for name, count in restarts.items() if count) or "none"
    lines = [
        f"sampled             {audit.sampled} records",
        f"stored              {audit.stored}",
        f"lost                {audit.lost}",
        f"duplicates          {audit.duplicates}",
        f"altered             {audit.altered}",
        f"worst time error    {audit.worst_time_error_ms} ms",
        f"alarms              {alarms}",
        f"worst duty cycle    {law}",
        f"airtime             {up_s:.1f} s up, {down_s:.1f} s down",
        f"frames              {twin['uplinks']} heard, {twin['downlinks']} downlinks",
        f"dropped by nodes    {twin['dropped']}",
        f"parts restarted     {again}",
    ]
    return "\n".join([*lines, *audit.examples])


def within_the_law(twin: Mapping[str, Any]) -> bool:
    """Return whether no node's frame broke a duty cycle, a dwell time or a band."""
    duty = twin.get("worst_duty")
    return not (twin["too_long"] or twin["outside"]) and (duty is None or duty["percent_of_limit"] <= 100.0)
