// Package doomed owns a template whose applications fail: the first job of their pipeline
// ends with an error. The scenarios use it to see what is left of a creation that failed.
package doomed

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/slipwayhq/slipway/shared/scm"
)

// Template is the template's ref.
const Template = "template:default/doomed"

// project is where the template goes: beside those that ship.
const project = "platform/templates"

//go:embed all:files
var files embed.FS

// Add commits the template beside those that ship and gives the URL to register it by.
func Add(ctx context.Context, host scm.Client, gitlabURL string) (string, error) {
	u, err := url.Parse(gitlabURL)
	if err != nil {
		return "", fmt.Errorf("reading GitLab's URL: %w", err)
	}
	p, err := host.Project(ctx, project)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", project, err)
	}
	commit := scm.NewCommit{Branch: "main", Message: "Add a template that fails"}
	err = fs.WalkDir(files, "files", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		body = bytes.ReplaceAll(body, []byte("gitlab.example.com"), []byte(u.Host))
		commit.Changes = append(commit.Changes, scm.Change{Action: scm.CreateFile, Path: strings.TrimPrefix(name, "files/"), Content: body})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading the template: %w", err)
	}
	if _, err := host.Commit(ctx, p.ID, commit); err != nil {
		return "", fmt.Errorf("committing the template: %w", err)
	}
	return strings.TrimSuffix(gitlabURL, "/") + "/" + project + "/-/blob/main/doomed/template.yaml", nil
}
