package workspace

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The most that one workspace may hold.
const (
	MaxFiles     = 5000
	MaxFileBytes = 32 << 20
	MaxBytes     = 64 << 20
)

// File is a regular file, or a symbolic link when Link is set.
type File struct {
	Path       string // relative, with "/" between its parts
	Content    []byte
	Executable bool
	Link       string // target of a symbolic link, relative to the link's directory
}

// Files are the files of a workspace in the order they were added. The zero value is
// empty and ready. It is not safe for concurrent use.
type Files struct {
	list  []File
	index map[string]int    // by path
	names map[string]string // folded form of every path and directory in use -> how it is spelled
	bytes int
	links int      // how many of them are symbolic links
	done  []string // names of the changes that are made; see Once
}

// Add puts a file in, replacing the one at the same path. It refuses, as Invalid, a path
// that is unsafe or collides with another on file systems that ignore case or Unicode
// forms, and a symbolic link that leads out or through another one; as Conflict, a file where a directory is; as TooLarge, what is over a limit.
func (f *Files) Add(file File) error {
	if err := checkPath(file.Path); err != nil {
		return err
	}
	if file.Link != "" {
		if err := f.checkLink(file); err != nil {
			return err
		}
		file.Content, file.Executable = nil, false
	}
	if err := f.checkRoom(file); err != nil {
		return err
	}
	if i, there := f.index[file.Path]; there {
		f.bytes += len(file.Content) - len(f.list[i].Content)
		f.links += isLink(file) - isLink(f.list[i])
		f.list[i] = file
		return nil
	}
	if err := f.claim(file.Path); err != nil {
		return err
	}
	f.index[file.Path] = len(f.list)
	f.list = append(f.list, file)
	f.bytes += len(file.Content)
	f.links += isLink(file)
	return nil
}

func (f *Files) checkRoom(file File) error {
	replaced := 0
	i, there := f.index[file.Path]
	if there {
		replaced = len(f.list[i].Content)
	}
	switch {
	case len(file.Content) > MaxFileBytes:
		return errs.New(errs.TooLarge, fmt.Sprintf("file %s is larger than %d MiB", show(file.Path), MaxFileBytes>>20))
	case f.bytes+len(file.Content)-replaced > MaxBytes:
		return errs.New(errs.TooLarge, fmt.Sprintf("the files together are larger than %d MiB", MaxBytes>>20))
	case !there && len(f.list) >= MaxFiles:
		return errs.New(errs.TooLarge, fmt.Sprintf("there are more than %d files", MaxFiles))
	}
	return nil
}

// claim reserves the names that path uses: its own, and those of its directories. The
// folded form of a directory ends in "/", so that a file can't take a directory's place.
func (f *Files) claim(path string) error {
	if f.names == nil {
		f.names, f.index = map[string]string{}, map[string]int{}
	}
	claims := map[string]string{}
	for i, c := range path {
		if c != '/' {
			continue
		}
		dir := path[:i]
		if _, isFile := f.names[fold(dir)]; isFile {
			return errs.New(errs.Conflict, fmt.Sprintf("%s can't be in %s, which is a file", show(path), show(dir)))
		}
		claims[fold(dir)+"/"] = dir
	}
	if _, isDir := f.names[fold(path)+"/"]; isDir {
		return errs.New(errs.Conflict, fmt.Sprintf("file %s has the name of a directory", show(path)))
	}
	claims[fold(path)] = path
	for folded, spelled := range claims {
		if taken, there := f.names[folded]; there && taken != spelled {
			return errs.New(errs.Invalid, fmt.Sprintf("%s and %s are the same file on some systems", show(spelled), show(taken)))
		}
	}
	for folded, spelled := range claims {
		f.names[folded] = spelled
	}
	return nil
}

// Get finds a file by its path.
func (f *Files) Get(path string) (File, bool) {
	i, there := f.index[path]
	if !there {
		return File{}, false
	}
	return f.list[i], true
}

// Exists reports whether there is a file, or a directory, at a path.
func (f *Files) Exists(path string) bool {
	_, isFile := f.index[path]
	return isFile || f.names[fold(path)+"/"] == path
}

// All gives the files in the order they were added. The caller must not change contents.
func (f *Files) All() []File { return slices.Clone(f.list) }

// Sorted gives the files by path. The caller must not change contents.
func (f *Files) Sorted() []File {
	out := make([]File, 0, len(f.list))
	for _, path := range slices.Sorted(maps.Keys(f.index)) {
		out = append(out, f.list[f.index[path]])
	}
	return out
}

// Len gives the number of files.
func (f *Files) Len() int { return len(f.list) }

// Bytes gives the size of all contents together.
func (f *Files) Bytes() int { return f.bytes }

// Under gives the files below a directory, with paths relative to it; "" and "." are
// the workspace itself.
func (f *Files) Under(dir string) (*Files, error) {
	prefix, err := directory(dir)
	if err != nil {
		return nil, err
	}
	var sub Files
	for _, file := range f.list {
		rest, inside := strings.CutPrefix(file.Path, prefix)
		if !inside {
			continue
		}
		file.Path = rest
		if err := sub.Add(file); err != nil {
			return nil, fmt.Errorf("taking the files under %s: %w", show(dir), err)
		}
	}
	return &sub, nil
}

// Collect makes Files of a list, which must pass Add one by one.
func Collect(list []File) (*Files, error) {
	var f Files
	for _, file := range list {
		if err := f.Add(file); err != nil {
			return nil, err
		}
	}
	return &f, nil
}
