"""The words that the annotation screen's script puts on the page; ``{…}`` is filled in there."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def screen_texts() -> dict[str, str]:
    """Return all of them by key."""
    return {
        **_content_texts(),
        **_reading_texts(),
        **_answer_texts(),
        **_answering_texts(),
        **_status_texts(),
        **_keeping_texts(),
        **_talk_texts(),
        **_practice_texts(),
        **_situation_texts(),
    }


def _content_texts() -> dict[str, str]:
    return {
        "turn": _("Turn {number}"),
        "user": _("User"),
        "answer": _("Answer {letter}"),
        "follows": _("follows answer {letter} of turn {number}"),
        "continues": _("goes on from here"),
        "whole": _("The whole conversation"),
        "whole_hint": _("Now judge the conversation as a whole, from the first turn to the last."),
        "path": _("Conversation"),
        "route": _("Through the answers {letters}"),
        "image": _("Image without a caption"),
        "open_image": _("Show large: {alt}"),
        "image_of": _("Image {number} of {total}"),
        "image_missing": _("Image missing"),
        "image_missing_uncaptioned": _("There was an image here; it has no caption."),
    }


def _reading_texts() -> dict[str, str]:
    return {
        "turns": _("Turns"),
        "turn_of": _("Turn {number} of {total}"),
        "whole_short": _("Whole"),
        "open_turn": _("Open {turn}"),
        "fold_turn": _("Fold {turn}"),
        "open_all": _("Open all turns"),
        "fold_finished": _("Fold finished turns"),
        "nothing_asked": _("Nothing asked"),
        "show_all": _("Show all ({number} words)"),
        "show_less": _("Show less"),
        "code": _("Code"),
        "table": _("Table"),
        "formula": _("Formula"),
        "image_number": _("Image {number}"),
        "image_broken": _("The image could not be loaded"),
        "try_again": _("Try again"),
        "content_warning": _("Content warning"),
        "covered": _("Covered image: show it"),
        "cover_show": _("Show"),
        "covered_hint": _("All images of this task are covered until you ask for them."),
        "uncover_all": _("Show all images of this task"),
        "uncovered_all": _("All images of this task are shown."),
        "read_whole": _("Read it from the first turn to the last"),
        "same_turn": _("Turn 1 is the same"),
        "same_turns": _("Turns 1–{last} are the same"),
    }


def _answer_texts() -> dict[str, str]:
    return {
        "not_applicable": _("Not applicable: there is no image to speak of, and none was expected"),
        "not_applicable_short": _("n/a"),
        "unable": _("I cannot judge this"),
        "default": _("default {value}"),
        "default_title": _("Accept the default {value}"),
        "which_better": _("Which is better, {left} or {right}?"),
        "equal": _("Equally good"),
        "better": _("{which} is better"),
        "slightly_better": _("{which} is slightly better"),
        "much_better": _("{which} is much better"),
        "not_compared": _("Not compared yet"),
        "optional": _("Optional"),
        "more_comparisons": _("Reason, and comparison by dimension (optional)"),
        "reason": _("Reason"),
        "reason_hint": _("What decided it?"),
        "critique": _("Critique of {letter}"),
        "critique_hint": _("What is good, what is wrong, and where?"),
        "refinement": _("A better answer"),
        "refinement_hint": _("How should it have answered?"),
        "image_note": _("Note on image {number}"),
        "remark": _("Remark on the whole"),
        "remark_hint": _("What stands out over all turns?"),
    }


def _answering_texts() -> dict[str, str]:
    return {
        "steps": _("Reasoning steps"),
        "step": _("Step {number} of {total}"),
        "step_right": _("+1: this step is right"),
        "step_neutral": _("0: neutral, neither right nor wrong"),
        "step_wrong": _("−1: this step is wrong"),
        "step_hint": _("A step that is left unmarked says nothing; it is not neutral."),
        "steps_marked": _("{marked} of {total} steps marked"),
        "first_error": _("First error: step {number}"),
        "no_steps": _("There are no steps to mark here."),
        "key_back": _("back to the ratings"),
        "required": pgettext("a text", "required"),
        "note_keys": _("Enter to write, Esc to come back, Ctrl+Enter to go on to what is missing."),
        "image_notes": _("Notes on images ({number})"),
        "more_comparisons_only": _("Comparison by dimension (optional)"),
        "go_on": _("Go on: {place}"),
        "turn_complete": _("Nothing is missing up to here: go on."),
        "fixed": pgettext("a turn", "fixed"),
        "fixed_said": _("You went on from this turn: its answers are fixed."),
        "contradiction_title": _("Keep both?"),
        "contradiction": _(
            "{place}: you rated {higher} higher (mean {more} against {less}) and prefer {preferred}."
        ),
        "contradiction_dimension": _(
            "{place}, {dimension}: you rated {higher} higher ({more} against {less}) and prefer {preferred}."
        ),
        "contradiction_hint": _("Both can be right. Nothing is changed unless you change it."),
        "keep_and_submit": _("Keep both and submit"),
        "keep_and_go_on": _("Keep both and go on"),
        "look_again": _("Look again"),
    }


def _status_texts() -> dict[str, str]:
    return {
        "answered": _("{answered} of {required}"),
        "missing": _("{number} missing"),
        "still_missing": _("An answer is still missing here."),
        "complete": _("All answered"),
        "nothing_missing": _("Nothing is missing: you can submit."),
        "undone": _("Undone"),
        "nothing_to_undo": _("Nothing to undo"),
        "submit": _("Submit"),
        "submitting": _("Submitting …"),
        "submitted": _("Submitted. Here is the next one."),
        "skipped": _("Skipped. Here is the next one."),
        "save_saved": _("Saved"),
        "save_saving": _("Saving …"),
        "save_unsaved": _("Not saved yet"),
        "save_offline": _("No connection: kept in this browser"),
        "save_logged_out": _("Logged out: kept in this browser"),
        "save_lost": _("Not saved"),
        "logged_out": _("You are logged out. Log in again in another tab, then go on here: nothing is lost."),
        "log_in": _("Log in"),
        "unreachable": _(
            "The server cannot be reached. Your answers are kept in this browser; submit again when it is back."
        ),
        "server_error": _("The server could not take this. Your answers are kept; try again in a moment."),
        "key_rows": _("rows"),
        "key_across": _("candidates"),
        "key_missing": _("next missing"),
        "key_all": _("all keys"),
    }


def _keeping_texts() -> dict[str, str]:
    return {
        "waiting_one": _("{number} task waits to be sent. It goes out by itself."),
        "waiting_more": _("{number} tasks wait to be sent. They go out by themselves."),
        "brought_back": _("The server did not take these answers. Please look at them and submit again."),
        "changed_elsewhere": _(
            "Another tab stored other answers to this task, here: {places}. "
            "Yours are shown; look at them and submit again."
        ),
        "somebody_else": _(
            "Somebody else is logged in in this browser now. Nothing is sent until you log in again."
        ),
        "lost_lease_taken": _("Your time for this task ran out, and someone else took this task."),
        "lost_already_submitted": _("Submitted in another tab."),
        "lost_skipped": _("Skipped in another tab."),
        "lost_gone": _("This task is no longer yours to answer."),
        "kept_hint": _("What you had written here does not count; copy what you still need."),
        "kept_texts": _("Your texts"),
        "copy_texts": _("Copy my texts"),
        "copied": _("Copied"),
        "copy_by_hand": _("Selected: press Ctrl C to copy."),
        "put_away": _("Put away"),
        "paused_until": _("This task stays yours until {time}. Nothing is counted meanwhile."),
        "paused_over": _("The time for this task is up: it is still yours unless somebody takes it."),
        "again_seconds": _("Looks again by itself in {number} seconds, and when you come back to this tab."),
        "again_minutes": _("Looks again by itself in {number} minutes, and when you come back to this tab."),
    }


def _talk_texts() -> dict[str, str]:
    return {
        "flagged": _("Reported. Thank you."),
        "not_sent": _("This could not be sent. What you wrote is kept; try again in a moment."),
        "asked": _("Your question is sent."),
        "ask_title": _("Questions to the lead"),
        "ask_dimension": _("This task: {name}"),
        "ask_here": _("This task"),
        "ask_unseen": _("New answers: {number}"),
        "ask_new": _("new answer"),
        "ask_answered": _("answered"),
        "ask_waits": _("waits for an answer"),
        "ask_you": _("You"),
        "ask_lead": _("Lead"),
        "ask_reply": _("Write back"),
        "ask_send": _("Send"),
        "guide": _("Guidelines"),
        "guide_title": _("Guidelines, version {version}"),
        "guide_none": _(
            "There are no guidelines for this work yet. The anchors beside each question say what the levels mean."
        ),
        "guide_other_language": _("These guidelines are not written in your language yet."),
        "guide_here": _("Worked examples: {name}"),
        "guide_rest": _("Worked examples of other dimensions"),
        "guide_example": _("{number} worked example"),
        "guide_examples": _("{number} worked examples"),
        "guide_first": _("Please read the guidelines (version {version}) once."),
        "guide_changed": _("The guidelines have changed: version {version}."),
    }


def _situation_texts() -> dict[str, str]:
    """Return what is said of the kind of a task, and of what became of it."""
    return {
        "practice_training": _("Training: once you have submitted, you see the key's answers beside yours."),
        "practice_qualification": _(
            "Qualification: these answers are compared with a key, and real work opens once you agree well "
            "enough. The key's answers are shown after the last item."
        ),
        "withdrawn": _("The task that came next has just been closed. You need not do it."),
        "withdrawn_begun": _(
            "This task has been closed meanwhile. What you have begun is kept: submit it, or skip it."
        ),
    }


def _practice_texts() -> dict[str, str]:
    return {
        "practice_title": _("Your answers beside the key"),
        "practice_same": _("{number} of {total} ratings are the same as the key's."),
        "practice_user": _("Read the user's message again"),
        "practice_answer": _("Read the answer again"),
        "practice_near": _("At most one step away: {number}."),
        "practice_equal": _("The same as the key: {number}"),
        "practice_you": _("You:"),
        "practice_key": _("Key:"),
        "practice_why": _("Why"),
        "practice_next": _("Next"),
        "exam_item": _("Item {number}"),
        "practice_begin": _("Begin the real work"),
        "passed_title": _("You have passed the qualification"),
        "failed_title": _("Not passed yet"),
        "kappa_is": _("Your agreement with the key is {kappa}: {words}."),
        "kappa_none": _("Your agreement is not defined: your answers and the key do not vary."),
        "kappa_needed": _("Needed is {mark}; {ratings} ratings were compared."),
        "kappa_means": _(
            "The number is a weighted kappa: 1 is complete agreement, 0 what chance would give. The same level "
            "everywhere gives 0, too. Far misses weigh more than near ones."
        ),
        "kappa_1": _("hardly more than chance"),
        "kappa_2": _("fair"),
        "kappa_3": _("moderate"),
        "kappa_4": _("substantial"),
        "kappa_5": _("almost complete"),
        "most_off": _("Farthest from the key"),
        "lean_high": _("{name}: {steps} steps away on average, mostly higher than the key"),
        "lean_low": _("{name}: {steps} steps away on average, mostly lower than the key"),
        "lean_none": _("{name}: {steps} steps away on average, in both directions"),
        "passed_next": _("Real work opens now."),
        "failed_next": _(
            "Your managers see this result and can let you try again. Until then, compare the levels of the "
            "rubric with the places where you were far off."
        ),
    }
