package workspace

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Renderer turns a template into text; templating.Engine does.
type Renderer interface {
	Render(ctx context.Context, name, src string, scope map[string]any) (string, error)
}

// FetchOptions are the inputs of Backstage's fetch:template action that concern files.
type FetchOptions struct {
	TargetPath            string   // directory the files go to, "" for the workspace itself
	CopyWithoutTemplating []string // globs of source paths whose contents are kept as they are; a leading "!" takes out again
	TemplateFileExtension string   // for example ".njk": render only such files and drop the ending; "" renders all
	Replace               bool     // overwrite files that exist; otherwise they are kept
}

// FetchTemplate renders a skeleton into a workspace. Contents and paths are templates
// over scope; binary files and symbolic links are taken as they are. A file whose path
// comes out empty, absolute or with an empty part is left out, which is how templates
// express "only if"; so is one at whose place something is, unless Replace is set. All files are rendered before the first one is added: after an
// error the workspace is as it was.
func FetchTemplate(ctx context.Context, renderer Renderer, into, skeleton *Files, scope map[string]any, o FetchOptions) error {
	target, err := directory(o.TargetPath)
	if err != nil {
		return err
	}
	verbatim, err := compileGlobs(o.CopyWithoutTemplating)
	if err != nil {
		return err
	}
	if o.TemplateFileExtension != "" && len(o.CopyWithoutTemplating) > 0 {
		return errs.New(errs.Invalid, "templateFileExtension and copyWithoutTemplating can't be used together")
	}
	f := fetch{renderer: renderer, scope: scope, options: o, verbatim: verbatim, target: target, into: into, at: map[string]int{}}
	for _, file := range skeleton.list {
		if err := f.file(ctx, file); err != nil {
			return err
		}
	}
	return into.addAll(f.rendered)
}

type fetch struct {
	renderer Renderer
	scope    map[string]any
	options  FetchOptions
	verbatim globs
	target   string
	into     *Files
	rendered []File
	at       map[string]int // where a path is in rendered
	bytes    int
}

func (f *fetch) file(ctx context.Context, file File) error {
	source, name := file.Path, file.Path
	render := !f.verbatim.match(source)
	if extension := f.options.TemplateFileExtension; extension != "" {
		render = path.Ext(name) == extension
		if render {
			name = strings.TrimSuffix(name, extension)
		}
	}
	name, err := f.renderer.Render(ctx, source, name, f.scope)
	if err != nil {
		return fmt.Errorf("rendering the path of %s: %w", show(source), err)
	}
	if name == "" || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.Contains(name, "//") || path.Clean(name) == "." {
		return nil
	}
	file.Path = f.target + path.Clean(name)
	if !f.options.Replace && f.taken(file.Path) {
		return nil
	}
	if render {
		if err := renderContent(ctx, f.renderer, source, &file, f.scope); err != nil {
			return err
		}
	}
	if f.bytes += len(file.Content); f.bytes > MaxBytes {
		return errs.New(errs.TooLarge, fmt.Sprintf("the rendered files together are larger than %d MiB", MaxBytes>>20))
	}
	f.add(file)
	return nil
}

// taken reports whether a file is not written because something is at its place: in the
// workspace, or from a file of the skeleton that was rendered to the same path before.
func (f *fetch) taken(path string) bool {
	_, rendered := f.at[path]
	return rendered || f.into.Exists(path)
}

// add takes a file, in place of one that was rendered to the same path.
func (f *fetch) add(file File) {
	if i, there := f.at[file.Path]; there {
		f.rendered[i] = file
		return
	}
	f.at[file.Path] = len(f.rendered)
	f.rendered = append(f.rendered, file)
}

// addAll adds all files or, after an error, none.
func (f *Files) addAll(list []File) error {
	next, err := Collect(f.list)
	if err != nil {
		return err
	}
	for _, file := range list {
		if err := next.Add(file); err != nil {
			return err
		}
	}
	next.done = f.done
	*f = *next
	return nil
}

// FetchFile renders one file to a path, which is no template, in place of one that may be
// there.
func FetchFile(ctx context.Context, renderer Renderer, into *Files, file File, to string, scope map[string]any) error {
	source := file.Path
	if err := checkPath(to); err != nil {
		return err
	}
	if err := renderContent(ctx, renderer, source, &file, scope); err != nil {
		return err
	}
	file.Path = to
	return into.Add(file)
}

// renderContent renders what is a template: neither a symbolic link nor binary.
func renderContent(ctx context.Context, renderer Renderer, source string, file *File, scope map[string]any) error {
	if file.Link != "" || isBinary(file.Content) {
		return nil
	}
	text, err := renderer.Render(ctx, source, string(file.Content), scope)
	if err != nil {
		return fmt.Errorf("rendering %s: %w", show(source), err)
	}
	file.Content = []byte(text)
	return nil
}

// isBinary guesses like Git and editors do: a NUL near the beginning, or no UTF-8.
func isBinary(content []byte) bool {
	return bytes.IndexByte(content[:min(len(content), 8000)], 0) >= 0 || !utf8.Valid(content)
}
