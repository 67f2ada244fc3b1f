package workspace

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// AddUnder puts files into a directory, replacing those that are there. After an error
// nothing has changed.
func (f *Files) AddUnder(dir string, files *Files) error {
	prefix, err := directory(dir)
	if err != nil {
		return err
	}
	list := make([]File, 0, files.Len())
	for _, file := range files.list {
		file.Path = prefix + file.Path
		list = append(list, file)
	}
	return f.addAll(list)
}

// Delete removes what the patterns match, directories with all that is in them, and gives
// the paths of the removed files. A pattern that matches nothing is no error.
func (f *Files) Delete(patterns []string) ([]string, error) {
	if len(patterns) > maxGlobs {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("there are more than %d globs", maxGlobs))
	}
	doomed := make(globs, 0, len(patterns))
	for _, p := range patterns {
		g, err := compileInside(p)
		if err != nil {
			return nil, err
		}
		doomed = append(doomed, g)
	}
	var removed []string
	kept := make([]File, 0, len(f.list))
	for _, file := range f.list {
		if doomed.match(file.Path) {
			removed = append(removed, file.Path)
			continue
		}
		kept = append(kept, file)
	}
	return removed, f.become(kept)
}

// compileInside reads a pattern as Backstage's fs:delete does: as a path in the workspace,
// in which a backslash parts names and "!" is a character like any other. One that could
// only match outside the workspace is Invalid.
func compileInside(pattern string) (glob, error) {
	clean := path.Clean("./" + strings.ReplaceAll(pattern, `\`, "/"))
	if strings.HasPrefix(pattern, "/") || clean == ".." || strings.HasPrefix(clean, "../") {
		return glob{}, errs.New(errs.Invalid, fmt.Sprintf("pattern %s leads out of the workspace", show(pattern)))
	}
	return compileGlob(clean, true)
}

// Rename moves a file, or a directory with all that is in it. What is at the new place
// already is a Conflict, or replaced as a whole when overwrite is set, but no directory by a
// file; a place where nothing lies can't be moved (NotFound).
func (f *Files) Rename(from, to string, overwrite bool) error {
	source, target, err := places(from, to)
	if err != nil || source == target {
		return err
	}
	var moved, others []File
	for _, file := range f.list {
		rest, isFile, inside := place(file.Path, source)
		switch {
		case isFile:
			file.Path = target
			moved = append(moved, file)
		case inside:
			file.Path = target + "/" + rest
			moved = append(moved, file)
		default:
			others = append(others, file)
		}
	}
	if len(moved) == 0 {
		return errs.New(errs.NotFound, fmt.Sprintf("there is no %s in the workspace", show(from)))
	}
	toFile := len(moved) == 1 && moved[0].Path == target
	if others, err = vacate(others, target, overwrite, toFile); err != nil {
		return err
	}
	return f.become(append(others, moved...))
}

// places checks both ends of a move.
func places(from, to string) (source, target string, err error) {
	if source, err = directory(from); err != nil {
		return "", "", err
	}
	if target, err = directory(to); err != nil {
		return "", "", err
	}
	switch {
	case source == "" || target == "":
		return "", "", errs.New(errs.Invalid, "the workspace itself can't be moved or replaced")
	case source != target && strings.HasPrefix(target, source):
		return "", "", errs.New(errs.Invalid, fmt.Sprintf("%s can't be moved into itself", show(from)))
	}
	return strings.TrimSuffix(source, "/"), strings.TrimSuffix(target, "/"), nil
}

// place says whether a file is what lies at a place, or in it and then where.
func place(file, at string) (rest string, isFile, inside bool) {
	if file == at {
		return "", true, false
	}
	rest, inside = strings.CutPrefix(file, at+"/")
	return rest, false, inside
}

// vacate gives the files without those at a place, which a file or a directory comes to.
func vacate(files []File, at string, overwrite, toFile bool) ([]File, error) {
	kept := files[:0:0]
	for _, file := range files {
		_, isFile, inside := place(file.Path, at)
		if !isFile && !inside {
			kept = append(kept, file)
			continue
		}
		if !overwrite || inside && toFile {
			return nil, errs.New(errs.Conflict, fmt.Sprintf("there is already a %s in the workspace", show(at)))
		}
	}
	return kept, nil
}

// become replaces all files; after an error nothing has changed.
func (f *Files) become(list []File) error {
	next, err := Collect(list)
	if err != nil {
		return err
	}
	next.done = f.done
	*f = *next
	return nil
}

// Entry is a file or directory in a listing.
type Entry struct {
	Path      string // relative to the workspace
	Directory bool
}

// List gives what is in a directory, and below when recursive is set: a directory's own
// entries by name, then those of the directories in it, the last one first, which is
// Node's order. "" and "." are the workspace itself; a directory that does not exist is
// NotFound.
func (f *Files) List(dir string, recursive bool) ([]Entry, error) {
	prefix, err := directory(dir)
	if err != nil {
		return nil, err
	}
	children := f.children()
	if len(children[prefix]) == 0 && prefix != "" {
		return nil, errs.New(errs.NotFound, fmt.Sprintf("there is no directory %s in the workspace", show(dir)))
	}
	var list []Entry
	for open := []string{prefix}; len(open) > 0; {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		for _, e := range children[at] {
			list = append(list, e)
			if e.Directory && recursive {
				open = append(open, e.Path+"/")
			}
		}
	}
	return list, nil
}

// children gives the entries of each directory by name, under the prefix of its paths.
func (f *Files) children() map[string][]Entry {
	all := map[string][]Entry{}
	seen := map[string]bool{}
	for _, file := range f.list {
		entry := Entry{Path: file.Path}
		for !seen[entry.Path] {
			seen[entry.Path] = true
			slash := strings.LastIndexByte(entry.Path, '/')
			all[entry.Path[:slash+1]] = append(all[entry.Path[:slash+1]], entry)
			if slash < 0 {
				break
			}
			entry = Entry{Path: entry.Path[:slash], Directory: true}
		}
	}
	for _, entries := range all {
		slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	}
	return all
}

// Once reports whether the change of that name has yet to be made, and notes that it is
// made when the files are saved. A change that can't be made twice, such as a move, asks
// first: its step may run again after a crash behind the save.
func (f *Files) Once(name string) bool {
	if slices.Contains(f.done, name) {
		return false
	}
	f.done = append(slices.Clip(f.done), name)
	return true
}
