package actions

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// DebugLogID is what templates call the action that writes to the task's log.
const DebugLogID = "debug:log"

type debugLogInput struct {
	Message       string `json:"message"`
	ListWorkspace any    `json:"listWorkspace"`
}

// withContents asks for the contents of the files, too.
const withContents = "with-contents"

func readDebugLog(call Call) (debugLogInput, error) {
	in, err := decodeInput[debugLogInput](call)
	if err != nil {
		return in, err
	}
	switch in.ListWorkspace {
	case nil, true, false, "with-filenames", withContents:
		return in, nil
	}
	return in, errs.New(errs.Invalid, "listWorkspace of debug:log is true, false, with-filenames or with-contents")
}

func newDebugLog() Action {
	return onFiles{
		id:    DebugLogID,
		check: func(call Call) error { _, err := readDebugLog(call); return err },
		change: func(_ context.Context, call Call, files *workspace.Files) (Result, bool, error) {
			in, err := readDebugLog(call)
			if err != nil {
				return Result{}, false, err
			}
			var lines []string
			if shown, err := json.MarshalIndent(call.Input, "", "  "); err == nil {
				lines = append(lines, string(shown))
			}
			if in.Message != "" {
				lines = append(lines, in.Message)
			}
			if in.ListWorkspace != nil && in.ListWorkspace != false {
				lines = append(lines, "Workspace:\n"+listing(files, in.ListWorkspace == withContents))
			}
			call.say(lines...)
			return Result{Detail: firstLine(in.Message)}, false, nil
		},
	}
}

// maxListing bounds what a listing with contents may take of the log.
const maxListing = 256 << 10

func listing(files *workspace.Files, contents bool) string {
	all := files.Sorted()
	var b strings.Builder
	for i, file := range all {
		if i > 0 {
			b.WriteByte('\n')
		}
		if b.Len() > maxListing {
			b.WriteString("  … and " + counted(len(all)-i) + " more")
			break
		}
		if !contents {
			b.WriteString("  - " + file.Path)
			continue
		}
		b.WriteString(" - " + file.Path + ":\n\n  " + shownContent(file))
	}
	return b.String()
}

func shownContent(file workspace.File) string {
	switch {
	case file.Link != "":
		return "→ " + file.Link
	case !utf8.Valid(file.Content):
		return "(binary)"
	case len(file.Content) > maxListing:
		return strings.ToValidUTF8(string(file.Content[:maxListing]), "") + "…"
	}
	return string(file.Content)
}

// firstLine gives what of a message fits into one line for a person.
func firstLine(message string) string {
	const most = 200
	line, _, _ := strings.Cut(message, "\n")
	if len(line) > most {
		return strings.ToValidUTF8(line[:most], "") + "…"
	}
	return line
}

func debugLogSpec() Spec {
	return Spec{
		ID:          DebugLogID,
		Description: "Writes a message to the log of the task, and what is in the workspace if asked.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"message":{"type":"string","description":"The message"},
"listWorkspace":{"anyOf":[{"type":"boolean"},{"type":"string","enum":["with-filenames","with-contents"]}],"description":"List the files of the workspace, with their contents if asked"}}}`),
		Examples: []Example{
			{"Write a message", `steps:
  - id: say
    name: Say hello
    action: debug:log
    input:
      message: Hello ${{ parameters.name }}
`},
			{"Show all files with their contents", `steps:
  - id: show
    name: Show the files
    action: debug:log
    input:
      listWorkspace: with-contents
`},
		},
	}
}
