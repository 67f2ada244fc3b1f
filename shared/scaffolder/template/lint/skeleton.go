package lint

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// maxSkeletonFile is the largest file of a skeleton that is looked at.
const maxSkeletonFile = 1 << 20

// skeleton looks at the files beside the template that a step fetches.
func (s *subject) skeleton(step *stepInFile) {
	input := member(step.node, "input")
	url, ok := text(member(input, "url"))
	if s.beside == nil || !ok || strings.Contains(url, "{") || strings.Contains(url, ":") || !strings.HasPrefix(step.action, "fetch:") {
		return
	}
	root := path.Clean(url)
	if !fs.ValidPath(root) {
		return // beside the folder: nothing is known of what lies there
	}
	info, err := fs.Stat(s.beside, root)
	single := step.action == actions.FetchPlainFileID || step.action == actions.FetchTemplateFileID
	switch {
	case err != nil:
		s.add(Error, at(member(input, "url")), step.pointer+"/input/url", "", "there is no %s beside the template", url)
	case single == info.IsDir():
		s.add(Error, at(member(input, "url")), step.pointer+"/input/url", "", "%s is not what %s fetches", url, step.action)
	case step.action == actions.FetchTemplateID:
		s.skeletonFiles(step, root)
	}
}

// skeletonFiles checks that names and contents of a skeleton can be read as templates.
func (s *subject) skeletonFiles(step *stepInFile, root string) {
	input := member(step.node, "input")
	if member(input, "copyWithoutTemplating") != nil || member(input, "templateFileExtension") != nil {
		return // which files are templates is decided when it runs
	}
	on := func(name string) bool { n := member(input, name); return n != nil && n.Value == "true" }
	engine := s.engine.With(templating.Syntax{TrimBlocks: on("trimBlocks"), LstripBlocks: on("lstripBlocks"), Cookiecutter: on("cookiecutterCompat")})
	_ = fs.WalkDir(s.beside, root, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() { // what can't be read is found out when it is fetched
			s.skeletonFile(engine, root, name)
		}
		return nil
	})
}

func (s *subject) skeletonFile(engine *templating.Engine, root, name string) {
	shown := path.Join(path.Dir(s.file), name)
	if err := engine.Check(s.ctx, shown, strings.TrimPrefix(name, root+"/")); err != nil {
		s.inSkeleton(err, "in the name: ")
	}
	content, err := fs.ReadFile(s.beside, name)
	if err != nil || len(content) > maxSkeletonFile || !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0 {
		return
	}
	if err := engine.Check(s.ctx, shown, string(content)); err != nil {
		s.inSkeleton(err, "")
	}
}

func (s *subject) inSkeleton(err error, what string) {
	var wrong *templating.Error
	if !errors.As(err, &wrong) {
		return
	}
	s.found = append(s.found, Finding{
		File: wrong.Name, Line: wrong.Line, Column: wrong.Column, Severity: Error, Message: what + wrong.Reason, Hint: wrong.Hint,
	})
}
