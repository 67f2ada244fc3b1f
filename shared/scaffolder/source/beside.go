package source

import (
	"fmt"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// absolute reports whether a template names a place on the host rather than one beside it.
func absolute(url string) bool {
	return strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
}

// folderBeside gives a folder of the files that were given with the template.
func folderBeside(from actions.Source, url string) (*workspace.Files, error) {
	folder, err := inside("", url)
	if err != nil {
		return nil, err
	}
	all, err := workspace.Collect(from.Beside)
	if err != nil {
		return nil, err
	}
	if folder == "" {
		return all, nil
	}
	found, err := all.Under(folder)
	if err == nil && found.Len() == 0 {
		err = errs.New(errs.Invalid, fmt.Sprintf("there is no folder %.200q beside the template", url))
	}
	return found, err
}

// fileBeside gives one of the files that were given with the template, by its last name.
func fileBeside(from actions.Source, url string) (workspace.File, error) {
	name, err := inside("", url)
	if err != nil {
		return workspace.File{}, err
	}
	for _, f := range from.Beside {
		if path.Clean(f.Path) == name {
			f.Path = path.Base(name)
			return f, nil
		}
	}
	return workspace.File{}, errs.New(errs.Invalid, fmt.Sprintf("there is no file %.200q beside the template", url))
}
