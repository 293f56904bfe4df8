/** The annotation screen as a preview: its calls are answered here before the first is made. */
import "./preview_calls.js";
import "./annotate.js";
