package tasks

import (
	_ "embed"
	"slices"
)

// extensions are the filters that Backstage has beyond those of Nunjucks, as its editor
// lists them (ListTemplatingExtensionsResponse). There are no globals.
//
//go:embed extensions.json
var extensions []byte

// Extensions gives what templates can call besides the built-in filters, as JSON.
func Extensions() []byte { return slices.Clone(extensions) }
