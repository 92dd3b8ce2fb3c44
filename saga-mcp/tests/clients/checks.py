"""Drives a server with clients that are not ours: `python checks.py DESK [NODE INSPECTOR]`.

`ONLY=word` runs the checks whose names have that word.
"""

import asyncio
import inspect
import json
import os
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request

import anyio
from mcp import Client, MCPError

from world import Bare, Desk, Http, closed, terminated

DESK, *NODE_AND_INSPECTOR = sys.argv[1:]
META = "io.github.saga-rs/session"
ERAS = ("legacy", "2026-07-28")


def text(result):
    return "\n".join(block.text for block in result.content)


def output(result):
    """The output of a call that has one; its text twin is the same."""
    assert not result.is_error, text(result)
    assert json.loads(text(result)) == result.structured_content
    return result.structured_content


def error(result):
    assert result.is_error, result
    assert result.structured_content is None, result
    return text(result)


async def lists_the_same_in_both_eras(desk):
    lists = []
    for era in ERAS:
        async with Client(desk.stdio(), mode=era) as client:
            listed = await client.list_tools()
            lists.append([tool.model_dump() for tool in listed.tools])
    assert listed.ttl_ms > 0 and listed.cache_scope == "public"
    assert lists[0] == lists[1]
    names = [tool["name"] for tool in lists[0]]
    assert names[:2] == ["hold", "hold_slowly"] and names[-4:] == ["status", "undo_plan", "undo", "commit"], names
    assert "free" not in names
    hold = lists[0][0]
    assert hold["annotations"]["read_only_hint"] is False and hold["annotations"]["destructive_hint"] is False
    recovery = hold["meta"]["io.github.saga-rs/recovery"]
    assert recovery["compensatingOperation"]["operationId"] == "free"
    assert recovery["leaves"] == "a fee of 2 euros" and recovery["withinMs"] == 7 * 24 * 3_600_000
    assert hold["input_schema"]["required"] == ["seat", "guest"]
    for tool in lists[0]:
        assert tool["input_schema"]["type"] == "object" and tool["output_schema"]["type"] == "object", tool


async def a_repeat_is_answered_from_the_journal(desk):
    for era in ERAS:
        async with Client(desk.stdio("--session", "ticket"), mode=era) as client:
            for _ in range(2):
                result = await client.call_tool("hold", {"seat": "4", "guest": "Ann"})
                assert output(result) == {"seat": "4", "guest": "Ann"}
                assert result.meta[META] == "ticket"
    assert desk.effects() == ["hold 4"]


async def the_same_call_with_another_payload_is_a_conflict(desk):
    async with Client(desk.stdio()) as client:
        output(await client.call_tool("hold", {"seat": "4", "guest": "Ann"}))
        said = error(await client.call_tool("hold", {"seat": "4", "guest": "Ann Lee"}))
        assert "Ann Lee" in said and "undo" in said, said
    assert desk.effects() == ["hold 4"]


async def arguments_are_read_as_clients_send_them(desk):
    async with Client(desk.stdio()) as client:
        assert output(await client.call_tool("double", {"n": 5.0})) == {"result": 10}
        assert output(await client.call_tool("echo", {"value": {"any": [1, None]}})) == {"result": {"any": [1, None]}}
        for arguments, expected in [
            ({"n": 5.5}, "5.5"), ({"n": "five"}, "five"), ({}, "n"), ({"n": 5, "m": 1}, "m"), ({"n": -1}, "-1"),
        ]:
            said = error(await client.call_tool("double", arguments))
            assert expected in said, (arguments, said)


async def a_failure_is_an_error_that_the_model_reads(desk):
    async with Client(desk.stdio()) as client:
        assert "there is no such seat" in error(await client.call_tool("hold", {"seat": "none", "guest": "Ann"}))
        receipt = output(await client.call_tool("hold_unsteadily", {"seat": "1"}))["saga"]
        assert receipt["state"] == "refused" and "the line to seat 1 is bad" in receipt["say"], receipt
        assert output(await client.call_tool("hold", {"seat": "12", "guest": "Ann"}))["seat"] == "12"
        assert output(await client.call_tool("commit", {}))["ended"] == "completed"
    assert desk.effects() == ["hold 12"]


async def a_panic_is_answered(desk):
    async with Client(desk.stdio()) as client:
        for tool, arguments in [("panic", {}), ("odd", {"value": "x"})]:
            error(await client.call_tool(tool, arguments, read_timeout_seconds=10))
        assert output(await client.call_tool("double", {"n": 1})) == {"result": 2}
    # Outside of any step and session.
    async with Client(desk.stdio("--panic")) as client:
        assert "inside the server" in error(await client.call_tool("double", {"n": 1}, read_timeout_seconds=10))


async def only_a_tool_that_is_not_there_is_a_fault_of_the_protocol(desk):
    async with Client(desk.stdio()) as client:
        try:
            await client.call_tool("free", {"seat": "4", "held": "k"})
            raise AssertionError("a compensation is not a tool")
        except MCPError as fault:
            assert "no tool `free`" in str(fault), fault


async def a_call_that_ran_out_of_time_is_sent_again(desk):
    for era in ERAS:
        call = {"seat": era[:1], "ms": 1500}
        async with Client(desk.stdio(), mode=era) as client:
            try:
                await client.call_tool("hold_slowly", call, read_timeout_seconds=0.5)
                raise AssertionError("it ran out of time")
            except MCPError:
                pass
            assert output(await client.call_tool("hold_slowly", call)) == {"result": call["seat"]}
    assert desk.effects() == ["hold l", "hold 2"]


async def a_server_that_is_killed_in_a_call_does_it_once(desk):
    call = {"seat": "4", "ms": 3000}
    bare = Bare(desk, "--session", "ticket")
    for line in opened() + [request(2, "tools/call", {"name": "hold_slowly", "arguments": call})]:
        bare.send(line)
    desk.until(["hold 4"])
    bare.process.kill()
    bare.process.wait()
    async with Client(desk.stdio("--session", "ticket")) as client:
        assert output(await client.call_tool("hold_slowly", call)) == {"result": "4"}
        plan = output(await client.call_tool("undo_plan", {}))
        assert [entry["undoes"] for entry in plan["entries"]] == ["hold_slowly"], plan
    assert desk.effects() == ["hold 4"]


async def it_ends_in_under_two_seconds_and_loses_nothing(desk):
    for seat, how in [("1", closed), ("2", terminated)]:
        call = {"seat": seat, "ms": 600_000 if seat == "1" else 300}
        before = desk.effects()
        bare = Bare(desk, "--session", seat)
        for line in opened() + [request(2, "tools/call", {"name": "hold_slowly", "arguments": call})]:
            bare.send(line)
        desk.until(before + [f"hold {seat}"])
        took = bare.ends(how)
        assert took < 2, f"{how.__name__}: {took:.2f} s"
    # The one that had time to end is answered from the journal.
    async with Client(desk.stdio("--session", "2")) as client:
        assert output(await client.call_tool("hold_slowly", {"seat": "2", "ms": 300})) == {"result": "2"}
    async with Client(desk.stdio("--session", "1", "--patience", "200")) as client:
        receipt = output(await client.call_tool("hold_slowly", {"seat": "1", "ms": 600_000}))
        assert receipt["saga"]["state"] == "running", receipt
    assert desk.effects() == ["hold 1", "hold 2"]


async def it_ends_well_when_its_input_is_closed_at_once(desk):
    for _ in range(30):
        words = [desk.binary, *desk.words()]
        ran = subprocess.run(words, input="\n".join(opened()) + "\n", text=True, capture_output=True, timeout=20)
        assert ran.returncode == 0 and "panicked" not in ran.stderr, ran.stderr


async def a_long_call_is_answered_with_a_receipt(desk):
    call = {"seat": "4", "ms": 1500}
    async with Client(desk.stdio("--patience", "400")) as client:
        receipt = output(await client.call_tool("hold_slowly", call))
        assert receipt["saga"]["state"] == "running" and "hold_slowly" in receipt["saga"]["say"]
        assert output(await client.call_tool("status", {}))["phase"] == "running"
        while "saga" in (result := output(await client.call_tool("hold_slowly", call))):
            pass
        assert result == {"result": "4"}
    assert desk.effects() == ["hold 4"]


async def all_is_undone_in_reverse(desk):
    async with Client(desk.stdio()) as client:
        for seat in ("1", "2"):
            output(await client.call_tool("hold", {"seat": seat, "guest": "Ann"}))
        plan = output(await client.call_tool("undo_plan", {}))
        assert [entry["input"]["seat"] for entry in plan["entries"]] == ["2", "1"], plan
        assert "reason" in error(await client.call_tool("undo", {}))
        end = output(await client.call_tool("undo", {"reason": "the guest is ill"}))
        assert end["ended"] == "rolled_back" and end["left"] == [], end
        assert [it["what"] for it in end["residue"]] == ["a fee of 2 euros"] * 2, end
        assert desk.effects() == []
        receipt = output(await client.call_tool("hold", {"seat": "3", "guest": "Ann"}))["saga"]
        assert receipt["state"] == "refused" and "rolled_back" in receipt["say"], receipt
    assert desk.effects() == []


async def sessions_by_argument(desk):
    async with Client(desk.stdio("--session-by", "argument")) as client:
        hold = (await client.list_tools()).tools[0]
        assert "session" in hold.input_schema["required"]
        call = {"seat": "4", "guest": "Ann"}
        assert "begin" in error(await client.call_tool("hold", call))
        assert "begin" in error(await client.call_tool("hold", {**call, "session": "ticket-9"}))
        one, other = [output(await client.call_tool("begin", {}))["session"] for _ in range(2)]
        for session in (one, other, one):
            assert output(await client.call_tool("hold", {**call, "session": session}))["seat"] == "4"
        assert output(await client.call_tool("undo", {"session": one, "reason": "test"}))["ended"] == "rolled_back"
    # Another process finds the session that was given out.
    async with Client(desk.stdio("--session-by", "argument")) as client:
        output(await client.call_tool("hold", {**call, "session": other}))
        assert output(await client.call_tool("commit", {"session": other}))["ended"] == "completed"
    assert desk.effects() == ["hold 4"]


async def sessions_by_meta(desk):
    async with Client(desk.stdio("--session-by", "meta")) as client:
        call = {"seat": "4", "guest": "Ann"}
        assert "session" not in (await client.list_tools()).tools[0].input_schema["properties"]
        try:
            await client.call_tool("hold", call)
            raise AssertionError("the host has named no session")
        except MCPError as fault:
            assert META in str(fault), fault
        for session in ("a", "b", "a"):
            output(await client.call_tool("hold", call, meta={META: session}))
        assert output(await client.call_tool("undo", {"reason": "test"}, meta={META: "b"}))["ended"] == "rolled_back"
    assert desk.effects() == ["hold 4"]


async def over_http_a_lost_call_is_sent_again(desk):
    for era in ERAS:
        call = {"seat": era[:1], "ms": 1200}
        with Http(desk, "--session", era) as server:
            async with Client(server.url, mode=era) as client:
                with anyio.move_on_after(0.4):
                    await client.call_tool("hold_slowly", call)
                assert output(await client.call_tool("hold_slowly", call)) == {"result": call["seat"]}
            assert server.stop() < 2
    assert desk.effects() == ["hold l", "hold 2"]


async def over_http_a_call_is_done_once_although_the_server_is_killed(desk):
    for era, before in zip(ERAS, ([], ["hold l"])):
        call = {"seat": era[:1], "ms": 1200}
        server = Http(desk, "--session", era)
        async with anyio.create_task_group() as group:
            group.start_soon(lost, server.url, era, call)
            await anyio.to_thread.run_sync(desk.until, before + [f"hold {call['seat']}"])
            server.kill()
        with Http(desk, "--session", era, addr=server.addr):
            async with Client(server.url, mode=era) as client:
                assert output(await client.call_tool("hold_slowly", call)) == {"result": call["seat"]}
    assert desk.effects() == ["hold l", "hold 2"]


async def lost(url, era, call):
    """Makes a call that gets no answer."""
    try:
        async with Client(url, mode=era) as client:
            result = await client.call_tool("hold_slowly", call)
    except Exception:
        return
    raise AssertionError(f"the server was killed in this call: {result}")


async def over_http_strangers_are_refused(desk):
    with Http(desk, "--token", "secret") as server:
        body = request(1, "tools/list", {}).encode()
        own = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        token = {"Authorization": "Bearer secret"}
        for headers, expected in [
            ({}, 401),
            ({"Authorization": "Bearer secreT"}, 401),
            ({**token, "Origin": "https://example.com"}, 403),
            ({**token, "Origin": "null"}, 403),
            ({**token, "Host": "example.com"}, 403),
            ({**token, "Origin": "http://localhost:3000"}, 200),
            (token, 200),
        ]:
            asked = urllib.request.Request(server.url, data=body, headers={**own, **headers})
            try:
                code = urllib.request.urlopen(asked, timeout=10).status
            except urllib.error.HTTPError as refused:
                code = refused.code
            assert code == expected, (headers, code)
    refused = subprocess.run(
        [desk.binary, *desk.words("--http", "0.0.0.0:0")], capture_output=True, text=True, timeout=20
    )
    assert refused.returncode != 0 and "other machines" in refused.stderr, refused


async def fastmcp_calls_and_undoes(desk):
    from fastmcp import Client as FastClient
    from fastmcp.client.transports import StdioTransport
    from fastmcp.exceptions import ToolError

    async with FastClient(StdioTransport(desk.binary, desk.words())) as client:
        for _ in range(2):
            result = await client.call_tool("hold", {"seat": "4", "guest": "Ann"})
            assert result.structured_content == {"seat": "4", "guest": "Ann"}
        try:
            await client.call_tool("hold", {"seat": "none", "guest": "Ann"})
            raise AssertionError("there is no such seat")
        except ToolError as said:
            assert "there is no such seat" in str(said)
        assert desk.effects() == ["hold 4"]
        await client.call_tool("undo", {"reason": "test"})
    assert desk.effects() == []


async def an_agent_of_pydantic_ai_repeats_and_commits(desk):
    from fastmcp.client.transports import StdioTransport
    from pydantic_ai import Agent
    from pydantic_ai.mcp import MCPToolset
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
    from pydantic_ai.models.function import FunctionModel

    script = [
        ("hold", {"seat": "none", "guest": "Ann"}),
        ("hold", {"seat": "4", "guest": "Ann"}),
        ("hold", {"seat": "4", "guest": "Ann"}),
        ("undo_plan", {}),
        ("commit", {}),
    ]

    def model(messages, _):
        made = sum(isinstance(message, ModelResponse) for message in messages)
        return ModelResponse(parts=[ToolCallPart(*script[made]) if made < len(script) else TextPart("done")])

    agent = Agent(FunctionModel(model), toolsets=[MCPToolset(StdioTransport(desk.binary, desk.words()))])
    async with agent:
        assert (await agent.run("hold a seat")).output == "done"
    assert desk.effects() == ["hold 4"]


async def the_inspector_lists_and_calls(desk):
    def inspector(*words):
        ran = subprocess.run([*NODE_AND_INSPECTOR, "--cli", *words], capture_output=True, text=True, timeout=120)
        return ran.returncode, ran.stdout + ran.stderr

    call = ["--method", "tools/call", "--tool-name", "hold", "--tool-arg", "seat=A", "guest=Ann"]
    with Http(desk, "--session", "http") as server:
        code, said = inspector(server.url, "--method", "tools/list", "--strict")
        assert code == 0 and '"undo_plan"' in said, (code, said)
        for _ in range(2):
            code, said = inspector(server.url, *call)
            assert code == 0 and '"guest": "Ann"' in said, (code, said)
        assert server.stop() < 2
    words = [desk.binary, *desk.words("--session", "http")]
    code, said = inspector(*words, *call)
    assert code == 0 and '"guest": "Ann"' in said, (code, said)
    code, said = inspector(*words, *call[:5], "seat=none", "guest=Ann")
    assert code == 5 and "there is no such seat" in said, (code, said)
    assert desk.effects() == ["hold A"]


def request(number, method, params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def opened():
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bare", "version": "1"}}
    return [
        request(1, "initialize", client),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
    ]


def checks():
    """The checks in the order of this file: all coroutines that take a desk."""
    takes_a_desk = lambda it: inspect.iscoroutinefunction(it) and list(inspect.signature(it).parameters) == ["desk"]
    found = [check for name, check in globals().items() if takes_a_desk(check) and os.environ.get("ONLY", "") in name]
    if not NODE_AND_INSPECTOR:
        found.remove(the_inspector_lists_and_calls)
    return found


def main():
    failed, found = 0, checks()
    for check in found:
        began = time.monotonic()
        try:
            asyncio.run(asyncio.wait_for(check(Desk(DESK)), 300))
            verdict = "ok"
        except Exception:
            verdict, failed = "FAILED", failed + 1
            traceback.print_exc()
        print(f"{check.__name__}: {verdict}, {time.monotonic() - began:.1f} s", flush=True)
    print(f"{len(found) - failed} passed, {failed} failed")
    return 1 if failed or not found else 0


sys.exit(main())
