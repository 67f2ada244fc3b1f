// Package harmonix owns templates of the shapes that Harmonix on AWS ships: 24 of them, each
// with the form, the steps, the filters and the oddities of the one whose name it has, in
// words of its own. The scenarios run all of them, under both names of Harmonix's actions.
//
// Most of them differ in a few lines only. A shape (environment, provider, resource, app) is
// a template with marks such as @TYPE@; the table in table.go says what stands there.
package harmonix

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/scm"
)

//go:embed all:shapes all:common
var files embed.FS

// Families are both names of Harmonix's actions.
func Families() []string { return []string{"harmonix:", "opa:"} }

// Template is one of the templates.
type Template struct {
	Name   string
	Shape  string
	Group  string         // where its projects go
	Values map[string]any // of its form, besides those that all of its shape have
	// Unusable is the first action that does not exist anywhere, "" in all but one.
	Unusable string

	marks map[string]string
}

// NameIn gives the name that a template has in a family.
func (t Template) NameIn(family string) string { return strings.TrimSuffix(family, ":") + "-" + t.Name }

// Form gives the values of a whole form: what the shape asks for, for a thing of that name.
func (t Template) Form(host, name string) map[string]any {
	form := map[string]any{"owner": "group:default/platform", "repoUrl": fmt.Sprintf("%s?owner=%s&repo=%s", host, t.Group, name)}
	switch t.Shape {
	case "environment":
		maps.Copy(form, map[string]any{"name": name, "short_name": "p q", "description": "For \"payments\"", "account_type": "single-account",
			"region_type": "single-region", "category": "testing", "classification": "internal", "system": "demo", "level": 3})
	case "provider":
		maps.Copy(form, map[string]any{"name": name, "prefix": "OPA", "env_description": "An account: with a colon", "awsAccountID": "111111111111",
			"awsRegion": "eu-west-1", "environmentRole": "arn:aws:iam::111111111111:role/opa-envprovisioning-role"})
	default:
		maps.Copy(form, map[string]any{"component_id": name, "description": "It's {{ quoted }} & \"all\""})
	}
	maps.Copy(form, t.Values)
	return form
}

// Commit gives the files of all templates of a family, below its folder, and of the location
// that names them: those that are registered there, as one of Harmonix's own is not.
func Commit(family, host string) (scm.NewCommit, error) {
	folder := strings.TrimSuffix(family, ":")
	c := scm.NewCommit{Branch: "main", Message: "Add templates of " + folder + " [skip ci]"}
	if err := add(&c, "common", folder+"/common", nil); err != nil {
		return c, err
	}
	targets := ""
	for _, t := range Templates() {
		marks := map[string]string{"@NAME@": t.NameIn(family), "@TITLE@": "Shaped like " + t.Name, "@FAMILY@": family, "@HOST@": host}
		for _, name := range []string{"FIELDS", "VALUES", "PROPERTIES", "INFO"} {
			marks["@"+name+"@\n"] = ""
		}
		for name, text := range t.marks {
			if _, lines := marks["@"+name+"@\n"]; lines {
				marks["@"+name+"@\n"] = text
			} else {
				marks["@"+name+"@"] = text
			}
		}
		if err := add(&c, "shapes/"+t.Shape, folder+"/"+t.Name, marks); err != nil {
			return c, err
		}
		if t.Name != "aws-basic-environment-provider" {
			targets += "    - ./" + t.Name + "/template.yaml\n"
		}
	}
	all := "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: " + folder + "-templates}\nspec:\n  targets:\n" + targets
	c.Changes = append(c.Changes, scm.Change{Action: scm.CreateFile, Path: folder + "/all-templates.yaml", Content: []byte(all)})
	return c, nil
}

// add adds the files below from, with what stands for their marks. Only template.yaml has any.
func add(c *scm.NewCommit, from, to string, marks map[string]string) error {
	var pairs []string
	for _, mark := range slices.Sorted(maps.Keys(marks)) {
		pairs = append(pairs, mark, marks[mark])
	}
	replacer := strings.NewReplacer(pairs...)
	return fs.WalkDir(files, from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if path.Base(name) == "template.yaml" {
			body = []byte(replacer.Replace(replacer.Replace(string(body)))) // marks may stand for marks
		}
		c.Changes = append(c.Changes, scm.Change{Action: scm.CreateFile, Path: to + strings.TrimPrefix(name, from), Content: body,
			Executable: path.Ext(name) == ".sh"})
		return nil
	})
}
