package tasks

import (
	"encoding/json"

	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

// DryRequest asks what a template would do, that may be in no catalog yet.
type DryRequest struct {
	Template json.RawMessage // the entity
	Values   keyorder.Object
	Secrets  map[string]string
	Files    []DryFile // beside the template
}

// DryRun is what a template would do.
type DryRun struct {
	Log    []DryLine       `json:"log"`
	Files  []DryFile       `json:"directoryContents"` // what the steps leave
	Output keyorder.Object `json:"output"`
	Steps  []Step          `json:"steps"`
}

// DryLine is a line of the log of a dry run.
type DryLine struct {
	Body Body `json:"body"`
}

// DryFile is a file that the steps leave.
type DryFile struct {
	Path       string `json:"path"`
	Executable bool   `json:"executable"`
	Content    []byte `json:"base64Content"`
}
