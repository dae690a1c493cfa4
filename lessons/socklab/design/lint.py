"""The holes of a protocol: what it does not say, and what will happen then.

Each rule is a function from a protocol to findings.  A finding tells a consequence that a
reader can try; where the rule needs an example, it has made one and looked at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from .lines import accepts, can_hold, longest, samples, spelled, take_apart
from .source import told
from .spec import (
    CLIENT,
    CODE,
    END,
    FIELD,
    FILE,
    NOTHING,
    SERVER,
    VERSION,
    Answer,
    Message,
    Protocol,
    State,
)


@dataclass(frozen=True)
class Finding:
    """A hole.  kind: which one, for the hints; line: where, in `file`."""

    kind: str
    what: str
    line: int
    file: str = FILE

    def __str__(self) -> str:
        return told(self.file, self.line, self.what)


Rule = Callable[[Protocol], Iterator[Finding]]


# -- states ---------------------------------------------------------------------------------


def ways_out(p: Protocol) -> Iterator[Finding]:
    """Every state is reached, and from every state a final one."""
    for name in p.states:
        if name not in p.reached:
            yield Finding("unreachable", f"Nothing leads to the state `{name}`: no answer has "
                          f"`-> {name}`. What is written there can never happen.",
                          p.line("states", name))
    yield from _after_end(p)
    if not any(state.final for state in p.states.values()):
        yield Finding("no-final", "No state is marked `final = true`: when is the talk over, "
                      "and who closes the connection?", p.line("states"))
        return
    good = {name for name, state in p.states.items() if state.final}
    while True:
        more = {name for name, state in p.states.items() if name not in good
                and any(to in good for to in _chosen(p, state))}
        if not more:
            break
        good |= more
    for name in p.reached:
        state = p.states[name]
        if name not in good:
            way = "leads to a final state, however long the talk goes on" if any(
                to not in ("", name) for to in _chosen(p, state)) else "leads anywhere else"
            yield Finding("no-exit", f"Nothing that is said in `{name}` {way}: who comes there "
                          "never gets out. How does the talk end?", p.line("states", name))
        refused = [a for a in [state.otherwise] if a and a.message != NOTHING]
        said = [*state.says, *map(str, [*state.hears, *refused])]
        if state.final and said:
            yield Finding("not-over", f"`{name}` is final, so the connection is closed. Who says "
                          f"`{said[0]}` there, and over which connection?", p.line("states", name))


def _after_end(p: Protocol) -> Iterator[Finding]:
    """Who has ended its stream says nothing more, also in the states to which others lead it."""
    for name in p.reached:
        for answer in p.states[name].says.get(END, []):
            later = {p.then(p.states[name], answer): "Then"}
            for state in (states := list(later)):
                for heard in state.hears:
                    if (then := p.then(state, heard)) not in later:
                        later[then] = f"After `{heard}`"
                        states.append(then)
            for state, when in later.items():
                if (said := state.says.keys() - {END}) and not state.final:
                    yield Finding("after-end", f"In `{name}` the client ends its stream. {when} "
                                  f"it is in `{state.name}`, where it may say `{min(said)}`: over "
                                  f"which stream? Lead `says.{END}` to a final state, or to one in "
                                  "which it only listens.", p.line("states", name, "says", END))
                    break


def _chosen(p: Protocol, state: State) -> list[str]:
    """Where its steps lead, but its accidents: nobody leaves a talk by a line too long."""
    return [answer.to for cause, answer in p.steps(state)
            if cause not in ("otherwise", "unreadable")]


def nobody_waits(p: Protocol) -> Iterator[Finding]:
    """Who speaks first is said, and nobody waits for somebody who has gone."""
    start = p.states[p.start]
    where = p.line("protocol", "first")
    if not p.first:
        yield Finding("first", "Nobody has said who speaks first. If both programs begin with "
                      "recv(), both wait for ever. Write `first`.", where)
    elif p.first == CLIENT and not start.says.keys() - {END}:
        yield Finding("both-wait", f"The client speaks first, but in `{p.start}` there is "
                      "nothing that it may say. Then both wait for ever.", where)
    elif p.first == SERVER and not start.hears:
        yield Finding("both-wait", f"The server speaks first, but in `{p.start}` the client "
                      "hears nothing. Then both wait for ever.", where)
    newcomers = {said for state in _opening(p) for said in state.says if _goes_on(p, state, said)}
    for name in p.reached:
        state = p.states[name]
        heard = [(answer, cause) for answer in state.hears
                 if answer.message != NOTHING for cause in p.messages[answer.message].after]
        others = [(a, cause) for a, cause in heard if cause in p.messages.keys() - newcomers]
        lead = [(a, cause) for a, cause in others if a.to not in ("", name)]
        if state.final or any(_goes_on(p, state, said) for said in state.says) \
                or not lead or any(cause in (END, "time", "more") or cause != "unreadable"
                                   and (a, cause) not in others and a.to not in ("", name)
                                   for a, cause in heard):
            continue
        answer, cause = lead[0]
        yield Finding("vanished", f"Who is in `{name}` waits for somebody else: `{answer}` comes "
                      f"when another client says `{cause}`. That client's laptop is closed. "
                      f"What comes now? Nothing that `{name}` hears has \"{END}\" or \"time\" "
                      "in its `after`.", p.line("states", name))


def _goes_on(p: Protocol, state: State, said: str) -> bool:
    """Does the talk go on when the client says this, other than by an error?"""
    return said != END and any(not answer.code and not p.states[answer.to or state.name].final
                               for answer in state.says[said])


# -- messages -------------------------------------------------------------------------------


def answers(p: Protocol) -> Iterator[Finding]:
    """Every message of the client has an answer, or the word that none comes."""
    for name, state in p.states.items():
        for said, given in state.says.items():
            if not given:
                yield Finding("no-answer", f"In `{name}` the client says `{said}`, and no "
                              "answer is written. How long does it wait until it knows "
                              f'whether one comes? Write it, or "{NOTHING}".',
                              p.line("states", name, "says", said))


def places(p: Protocol) -> Iterator[Finding]:
    """Every message is said somewhere, and who hears it unasked knows after what."""
    states = [p.states[name] for name in p.reached]
    said = {cause for state in states for cause in state.says}
    given = {answer.message for state in states for _, answer in p.steps(state)}
    for message in p.messages.values():
        line = p.line("messages", message.name)
        if message.sender == CLIENT and message.name not in said:
            yield Finding("never-said", f"There is no state in which a client may say "
                          f"`{message.name}`. What is it for?", line)
        if message.sender == SERVER and message.name not in given:
            yield Finding("never-said", f"`{message.name}` is no answer to anything, and no "
                          "state hears it. When does the server say it?", line)
    for state in states:
        for answer in state.hears:
            if answer.message == NOTHING:
                yield Finding("no-cause", f'`{state.name}` hears "{NOTHING}". Leave it out.',
                              p.line("states", state.name, "hears"))
                continue
            heard = p.messages[answer.message]
            if not heard.after:
                yield Finding("no-cause", f"In `{state.name}` the server says `{heard.name}` "
                              "unasked, and nobody has said after what. Two servers will say "
                              "it at two different moments. Write `after`.",
                              p.line("messages", heard.name))
            elif not any(c not in p.messages or c in said for c in heard.after):
                yield Finding("no-cause", f"`{heard.name}` comes after `{heard.after[0]}`, "
                              "which no client may say in any state. So it never comes.",
                              p.line("messages", heard.name, "after"))


def look_alike(p: Protocol) -> Iterator[Finding]:
    """No line can mean two things at the same moment."""
    yield from _two_ways(p)
    told: set[frozenset[str]] = set()
    for name in p.reached:
        state = p.states[name]
        always = [a for a in (p.otherwise_in(state), p.unreadable) if a and not state.final]
        moments = [(SERVER, [Answer(said) for said in state.says if said != END])]
        moments += [(CLIENT, [*state.hears, *given])
                    for given in [[], *state.says.values(), *([known] for known in always)]]
        for hearer, candidates in moments:
            for one, two in combinations(_forms(p, candidates), 2):
                pair = frozenset((one.name, two.name))
                if len(pair) > 1 and pair not in told and (line := _both(p, one, two)) is not None:
                    told.add(pair)
                    yield Finding("alike", f"In `{name}` the line `{line}` may be `{one.name}` "
                                  f"({p.messages[one.name].form}) and `{two.name}` "
                                  f"({p.messages[two.name].form}). How does the {hearer} know "
                                  "which?", p.line("messages", two.name))


def _forms(p: Protocol, lines: list[Answer]) -> list[Message]:
    """The messages of some lines; each CODE is the one that comes here."""
    return [replace(message, words=tuple(a.code if word == CODE and a.code else word
                                         for word in message.words))
            for a in dict.fromkeys(replace(line, to="") for line in lines)
            if (message := p.messages.get(a.message))]


def _two_ways(p: Protocol) -> Iterator[Finding]:
    """No line leads to two states, and nobody waits for a line that may not come."""
    for name in p.reached:
        state = p.states[name]
        known, stays = p.otherwise_in(state), [
            a for given in state.says.values() for a in given if a.to in ("", name)]
        if known and known.message != NOTHING and known.to not in ("", name) \
                and str(known) in map(str, stays):
            yield Finding("otherwise", f"In `{name}` a line that is not right may have the answer "
                          f"`{known}`, and it leads to `{name}` or to `{known.to}`: how does the "
                          "client know which?", p.line("states", name))
        moments = [("", "what comes unasked", state.hears), *(
            (said, f"the answer to `{said}`", [*given, *state.hears])
            for said, given in state.says.items() if said != END)]
        for said, what, answers in moments:
            given = state.says.get(said, [])
            line = p.line("states", name, *(("says", said) if said else ("hears",)))
            ways: dict[str, list[str]] = {}
            for answer in answers:
                ways.setdefault(str(answer), []).append(answer.to or name)
            for heard, to in ways.items():
                if len(set(to)) > 1 and (not said or heard in map(str, given)):
                    both = " or to ".join(f"`{way}`" for way in dict.fromkeys(to))
                    yield Finding("two-states", f"In `{name}` {what} may be `{heard}`, and it "
                                  f"leads to {both}: how does the client know which?", line)
            quiet = next((a.to for a in given if a.message == NOTHING), "")
            others = [a for a in given if a.message != NOTHING and (a.to or name) != quiet]
            if quiet not in ("", name) and others and not p.states[quiet].final:
                yield Finding("silence", f"In `{name}` {what} may be `{others[0]}`; or nothing "
                              f"comes, and the state is `{quiet}`. How long does the client "
                              "wait until it knows which?", line)


def _both(p: Protocol, one: Message, two: Message) -> str | None:
    """A line that has the form of both messages."""
    lines = [*samples(p, one, two), *samples(p, two, one)]
    return next((line for line in lines if take_apart(p, one, line) is not None
                 and take_apart(p, two, line) is not None), None)


# -- fields and lines -----------------------------------------------------------------------


def fields(p: Protocol) -> Iterator[Finding]:
    """No field can hold what ends it, and each has a limit."""
    told: set[str] = set()
    for message in p.messages.values():
        for at, word in enumerate(message.words):
            if not FIELD.match(word) or word in told or p.fields[word].counted_by:
                continue
            field, last = p.fields[word], at == len(message.words) - 1
            ends = [("\n", "the newline")] if last else \
                [("\n", "a newline"), (p.between, "the blank" if p.between == " " else
                                       f"the `{p.between}`")]
            for mark, words in ends:
                if not can_hold(field, mark):
                    continue
                told.add(word)
                yield Finding("delimiter", _delimiter(p, message, at, mark, words),
                              p.line("fields", word))
                break
    for field in p.fields.values():
        if not (field.one_of or field.number) and field.most is None:
            yield Finding("unbounded", f"{field.name} has no limit: how much memory does a "
                          "program need for the longest one, and who decides that, it or the "
                          "stranger who sends it? Write `most`.", p.line("fields", field.name))


def _delimiter(p: Protocol, message: Message, at: int, mark: str, words: str) -> str:
    word = message.words[at]
    if mark == "\n":
        return (f"{word} in `{message.name}` may contain {words} that ends the line: the rest "
                "comes as a line of its own. What if that line is a command?")
    field, parts = p.fields[word], spelled(p, message)
    values = [f"a{mark}b", *(f"{c}{mark}{c}" for c in sorted(field.letters or ())), mark,
              mark * field.least, *field.one_of, *map(str, field.number or ())]
    parts[at] = next((v for v in values if mark in v and accepts(field, v)), values[0])
    return (f"{word} in `{message.name}` may contain {words} that ends it: how does the receiver "
            f"of `{p.between.join(parts)}` know where {word} ends?")


def wrong_lines(p: Protocol) -> Iterator[Finding]:
    """A line that is not right has an answer, and each error can come."""
    for name in p.reached:
        state = p.states[name]
        known, asked = p.otherwise_in(state), [said for said, given in state.says.items() if given
                                               and NOTHING not in [a.message for a in given]]
        if not state.final and (known is None or asked and known.message == NOTHING
                                and not p.then(state, known).final):
            todo = "Write a line behind" if known else "Write"
            what = f"nothing comes. After `{asked[0]}` a line comes: so" if known else \
                "nobody has said what comes. If nothing does,"
            yield Finding("otherwise", f"In `{name}` a client sends `xyzzy`, and {what} the client "
                          f"cannot tell \"refused\" from \"slow\". {todo} `otherwise`.",
                          p.line("states", name, "otherwise"))
            break
    if p.unreadable is None:
        yield Finding("unreadable", "A line is longer than its limit, or it is not UTF-8, and "
                      "nobody has said what happens. Write `unreadable` in [lines].",
                      p.line("lines"))
    given = {answer.code for name in p.reached for _, answer in p.steps(p.states[name])}
    for code in p.errors:
        if code not in given:
            yield Finding("error", f"The error `{code}` is in the table, but no answer in any "
                          "state gives it. When does it come?", p.line("errors", code))


def sizes(p: Protocol) -> Iterator[Finding]:
    """Lines have a limit on both ways, and every line fits."""
    for side, other in ((CLIENT, SERVER), (SERVER, CLIENT)):
        limit = p.limits[side]
        if limit is None:
            yield Finding("no-limit", f"A {side} sends a million bytes without an end of line, "
                          f"and the {other} keeps them all, because the line may go on. Write "
                          f"`{side} = …` in [lines].", p.line("lines"))
            continue
        for message in p.by(side):
            size = longest(p, message)
            if size is not None and size - _room(p, message) > limit:
                yield Finding("too-big", f"`{message.name}` ({message.form}) may have {size} "
                              f"bytes, but a line of the {side} has at most {limit}. Who cuts "
                              "it, and where?", p.line("messages", message.name))


def _room(p: Protocol, message: Message) -> int:
    """How many bytes a message can do without: a text of a client, at the end of its line.

    Whoever writes it sees how much room is left; what the server says is made from other lines.
    """
    field = p.fields.get(message.words[-1])
    if message.sender == CLIENT and field and field.letters is None and not field.counted_by:
        return (field.most or field.least) - field.least
    return 0


def version(p: Protocol) -> Iterator[Finding]:
    """The version travels at the start, and who has another one hears it."""
    where = p.line("protocol", "version")
    if not p.version:
        yield Finding("version", "There is no version. In a year one line changes: how does an "
                      "old client find out, before it does harm? Write `version`.", where)
        return
    carriers = [m for m in p.messages.values() if VERSION in m.fields]
    early = [(state, m) for state in _opening(p) for m in carriers
             if m.name in state.says or _when_told(p, state, m)]
    other = p.other_version
    if not carriers:
        yield Finding("version", f"The version is {p.version}, but no form has the field "
                      "VERSION: the other side never sees it.", where)
    elif not early:
        yield Finding("version", f"`{carriers[0].name}` has the VERSION, but it is not the first "
                      "line that is said: much is said before anybody knows the version.",
                      p.line("messages", carriers[0].name))
    elif other is None or other.message == NOTHING:
        yield Finding("other-version", f"The other side has another version than {p.version}. "
                      "What does it hear? " + ("Write `other_version`." if other is None else
                      "Nothing: it cannot tell that from a slow network."),
                      p.line("protocol", "other_version" if other else "version"))
    elif not any(_may_follow(p, state, m) for state, m in early):
        yield _never_said(p, other, early[0][1])
    elif VERSION not in p.messages[other.message].fields and (found := next(
            (f for state, m in early if m.sender == CLIENT
             for f in _like_others(p, other, state, m.name)), None)):
        yield found
    elif all(m.sender == CLIENT for _, m in early):
        yield from _without_version(p, {m.name for m in carriers})


def _never_said(p: Protocol, other: Answer, carrier: Message) -> Finding:
    """Nobody can say `other_version` when the VERSION has been read."""
    where = p.line("protocol", "other_version")
    if carrier.sender == CLIENT:
        return Finding("other-version", f"`{other}` is for another version, but it is no answer "
                       f"to `{carrier.name}`. Who sends it, and when?", where)
    return Finding("client-finds-out", f"The server says the VERSION, in `{carrier.name}`: so the "
                   "client finds out that it has another one. Then `other_version` is a line "
                   f"that the client may say next, and `{other}` is none.", where)


def _like_others(p: Protocol, other: Answer, state: State, said: str) -> Iterator[Finding]:
    """Does another version hear what lets others in: is it all, or does it lead where they go?"""
    where = p.line("protocol", "other_version")
    right = [a for a in state.says[said] if not a.code and str(a) != str(other)]
    then = {p.then(state, a) for a in state.says[said] if str(a) == str(other)} - {state}
    inside = [to for to in (p.then(state, a) for a in right) if to in then and not to.final]
    who = f"Who says `{said}` with another VERSION hears `{other}`"
    if not right and not other.code:
        yield Finding("other-version", f"{who}, like everybody else: how does it find out that it "
                      "will not understand the rest?", where)
    elif inside:
        yield Finding("let-in", f"{who}, and is in `{inside[0].name}`, like the others. What does "
                      "it do there with lines that it does not understand?", where)


def _without_version(p: Protocol, versed: set[str]) -> Iterator[Finding]:
    """Whoever says a first line without a VERSION gets no further by it.

    versed: the messages with a VERSION.  If they lead nowhere, either, the talk is at the
    door: then what others hear is a part of it.
    """
    opening = _opening(p)
    inside = any(not answer.code and p.then(state, answer) not in opening
                 and not p.then(state, answer).final for state in opening
                 for said in versed & state.says.keys() for answer in state.says[said])
    for state in opening:
        for said, answer in ((s, a) for s, given in state.says.items() for a in given):
            then = p.then(state, answer)
            if said in {END, *versed} or answer.code or answer.message in versed or then.final:
                continue
            asked = any(not a.code for m in versed & then.says.keys() for a in then.says[m])
            heard = next((m.name for m in p.messages.values() if said in m.after), "")
            if then not in opening and not asked:
                what = f"is in `{then.name}`"
            elif then in opening and not inside and heard:
                what = f"others hear `{heard}`"
            else:
                continue
            yield Finding("bypass", f"In `{state.name}` the client says `{said}`, without a "
                          f"VERSION, and {what}: nobody knows whether the two understand each "
                          "other.", p.line("states", state.name, "says", said))
            return


def _may_follow(p: Protocol, state: State, carrier: Message) -> bool:
    """Can `other_version` be said when the version has been read?"""
    after = [said for then in _when_told(p, state, carrier) for said in then.says]
    return str(p.other_version) in (after or map(str, state.says.get(carrier.name, [])))


def _opening(p: Protocol) -> list[State]:
    """The states in which a client may say its first line: also those behind a greeting."""
    found = [p.states[p.start]]
    for state in found:
        found += [then for a in state.hears if (then := p.then(state, a)) not in found]
    return found


def _when_told(p: Protocol, state: State, carrier: Message) -> list[State]:
    """What follows when the server tells its version in a state, unasked or as an answer."""
    return [p.then(state, a) for cause, a in p.steps(state) if a.message == carrier.name
            and cause not in ("otherwise", "unreadable")]


RULES: dict[str, Rule] = {
    "states": ways_out, "answers": answers, "fields": fields, "wrong lines": wrong_lines,
    "waiting": nobody_waits, "places": places, "alike": look_alike, "sizes": sizes,
    "version": version}
