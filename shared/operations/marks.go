package operations

import "strings"

// What stands around the name of a value that nobody can know before it was made.
const (
	unknownOpen  = "⟦known after: "
	unknownClose = "⟧"
)

// UnknownMark stands in a plan for a value that is known only once it was made; name says
// which, "publish.projectId".
func UnknownMark(name string) string { return unknownOpen + name + unknownClose }

// HoldsUnknown reports whether a text has such a mark in it.
func HoldsUnknown(text string) bool { return strings.Contains(text, unknownOpen) }

// HoldsMark reports whether a text looks like what stands for a secret or for a value that
// is known later. Nobody outside may write one: it would be taken for the real one.
func HoldsMark(text string) bool {
	return strings.Contains(text, secretOpen) || strings.Contains(text, unknownOpen)
}

// Defused gives a JSON value of others without anything that looks like such a mark.
func Defused(v any) any {
	switch v := v.(type) {
	case string:
		return defusedText(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = Defused(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			out[defusedText(name)] = Defused(item)
		}
		return out
	}
	return v
}

func defusedText(text string) string {
	if !HoldsMark(text) {
		return text
	}
	return strings.NewReplacer(secretOpen, "[secret:", unknownOpen, "[known after: ").Replace(text)
}
