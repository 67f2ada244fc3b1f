package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/wire/demo"
)

// showcaseName is the application that the demo creates.
const showcaseName = "orders"

// showcase seeds the demo, creates the application, checks all of it and says where to look.
func (s *server) showcase(ctx context.Context) error {
	ctx = correlation.With(ctx, correlation.IDs{Actor: auth.GuestRef, RequestID: "demo"})
	entities, err := demo.Seed(ctx, demo.Into{GitLabURL: s.gitlabURL, Groups: s.system, SCM: s.system.SCM, Locations: s.system.Catalog})
	if err != nil {
		return fmt.Errorf("seeding: %w", err)
	}
	fmt.Fprintf(s.out, "The catalog holds %d entities of the starting content.\n\nCreating the application %q:\n\n", len(entities), showcaseName)
	o, err := s.showcaseOperation(ctx)
	if err != nil {
		return err
	}
	if err := follow(ctx, s.system.Operations, o.ID, s.out); err != nil {
		return err
	}
	if o, err = s.system.Operations.Get(ctx, o.ID); err != nil {
		return err
	}
	var made scaffolder.Output
	if err := json.Unmarshal(o.Output, &made); err != nil {
		return fmt.Errorf("reading the outcome: %w", err)
	}
	if err := s.verify(ctx, o, made); err != nil {
		return err
	}
	s.signpost(o, made)
	return nil
}

// showcaseOperation gives the operation that made, makes or now begins to make the
// application: an earlier start of this process may have done so.
func (s *server) showcaseOperation(ctx context.Context) (*operations.Operation, error) {
	earlier, _, err := s.system.Operations.List(ctx, "", 100)
	if err != nil {
		return nil, err
	}
	for _, o := range earlier {
		if o.Target == "component:default/"+showcaseName && o.Status != operations.Failed {
			return o, nil
		}
	}
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: demo.Template, Values: keyorder.Object{Map: map[string]any{
		"name": showcaseName, "description": "Takes orders", "owner": "group:default/platform",
	}}})
	if err != nil {
		return nil, fmt.Errorf("writing the form: %w", err)
	}
	return s.system.Operations.Accept(ctx, operations.Request{Type: scaffolder.CreateAppType, Input: input})
}

// verify checks what was created the way a user would find it.
func (s *server) verify(ctx context.Context, o *operations.Operation, made scaffolder.Output) error {
	fmt.Fprintln(s.out)
	checks := []struct {
		what  string
		check func(context.Context, *operations.Operation, scaffolder.Output) (string, error)
	}{
		{"git clone", s.checkClone},
		{"catalog entry", s.checkCatalog},
		{"execution", s.checkExecution},
		{"audit trail", s.checkAudit},
		{"reconciliation", s.checkReconciliation},
	}
	for _, c := range checks {
		detail, err := c.check(ctx, o, made)
		if err != nil {
			return fmt.Errorf("checking the %s: %w", c.what, err)
		}
		fmt.Fprintf(s.out, "  ✓ %-14s %s\n", c.what, detail)
	}
	return nil
}

// cloneURL gives a URL that clones as printed.
func (s *server) cloneURL(made scaffolder.Output) string {
	u, err := url.Parse(made.CloneURL)
	if err != nil || s.system.GitToken() == "" {
		return made.CloneURL
	}
	u.User = url.UserPassword("slipway", s.system.GitToken())
	return u.String()
}

// expectedFiles are what a created repository must hold.
func expectedFiles() []string {
	return []string{".gitlab-ci.yml", "README.md", "catalog-info.yaml", "go.mod", "template.yaml"}
}

func (s *server) checkClone(ctx context.Context, _ *operations.Operation, made scaffolder.Output) (string, error) {
	dir, err := os.MkdirTemp("", "slipway-clone-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	target := filepath.Join(dir, showcaseName)
	cmd := exec.CommandContext(ctx, "git", "clone", "--quiet", s.cloneURL(made), target)
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("git clone: %s: %w", strings.TrimSpace(string(text)), err)
	}
	count := 0
	var missing []string
	for _, name := range expectedFiles() {
		if _, err := os.Stat(filepath.Join(target, name)); err != nil {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("the repository lacks %s", strings.Join(missing, ", "))
	}
	err = filepath.WalkDir(target, func(path string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() {
			count++
		}
		return err
	})
	return fmt.Sprintf("%d files: code, infrastructure, pipeline, catalog-info.yaml, README", count), err
}

func (s *server) checkCatalog(ctx context.Context, o *operations.Operation, _ scaffolder.Output) (string, error) {
	shown, err := s.system.View.ByRef(ctx, o.Target)
	if err != nil {
		return "", err
	}
	if !shown.Found() {
		return "", entity.NoSuch(o.Target)
	}
	e, err := shown.Entity()
	if err != nil {
		return "", err
	}
	var on []string
	for _, r := range e.Relations {
		if r.Type == "dependsOn" {
			on = append(on, r.TargetRef)
		}
	}
	if len(on) == 0 {
		return "", errs.New(errs.Internal, o.Target+" names no environment that it runs on")
	}
	return fmt.Sprintf("%s on %s", o.Target, strings.Join(on, ", ")), nil
}

func (s *server) checkExecution(ctx context.Context, o *operations.Operation, _ scaffolder.Output) (string, error) {
	history, err := s.system.Executions.History(ctx, o.Machine, o.ID)
	if err != nil {
		return "", err
	}
	transitions := 0
	for _, h := range history {
		if strings.HasSuffix(h.Type, "StateEntered") {
			transitions++
		}
	}
	if transitions > 20 {
		return "", fmt.Errorf("%d state transitions, more than 20", transitions)
	}
	return fmt.Sprintf("%d state transitions, no polling", transitions), nil
}

// auditPatience is how long the audit trail may lag behind the operation.
const auditPatience = 10 * time.Second

func (s *server) checkAudit(ctx context.Context, o *operations.Operation, _ scaffolder.Output) (string, error) {
	system := clock.System{}
	for deadline := system.Now().Add(auditPatience); ; {
		page, err := s.system.Audit.Records(ctx, audit.Query{Operation: o.ID, Limit: 100})
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(page.Records, func(r audit.Record) bool {
			return r.Action == scaffolder.CreateAppType && r.Outcome == string(operations.Succeeded)
		}) {
			return s.describeTrail(ctx, len(page.Records))
		}
		if system.Now().After(deadline) {
			return "", errs.New(errs.Unavailable, "no record of the operation's success")
		}
		if err := system.Sleep(ctx, 50*time.Millisecond); err != nil {
			return "", err
		}
	}
}

func (s *server) describeTrail(ctx context.Context, records int) (string, error) {
	v, err := s.system.Audit.Verify(ctx)
	if err != nil {
		return "", err
	}
	if v.Broken != nil {
		return "", errors.New("the chain of the audit trail is broken")
	}
	return fmt.Sprintf("%d records of this operation, in an unbroken chain", records), nil
}

// checkReconciliation compares the catalog with GitLab: nothing may have drifted, and every
// project has a webhook afterwards.
func (s *server) checkReconciliation(ctx context.Context, _ *operations.Operation, _ scaffolder.Output) (string, error) {
	r, err := s.system.Reconcile(ctx)
	if err != nil {
		return "", err
	}
	if found := findings(r, nil); len(found) > 0 {
		return "", fmt.Errorf("%s: %s", found[0].What, found[0].Why)
	}
	return fmt.Sprintf("%d projects compared, each with its webhook", r.Projects.Seen), nil
}

// signpost says where to look.
func (s *server) signpost(o *operations.Operation, made scaffolder.Output) {
	fmt.Fprintf(s.out, `
Where to look
  clone it      git clone %s
  repository    %s
  pipeline      %s
  operation     %s/api/operations/%s
  catalog       %s/api/catalog/entities/by-name/component/default/%s
  audit trail   %s/api/audit/records?operation=%s
`, s.cloneURL(made), made.WebURL, made.PipelineURL, s.portalURL, o.ID, s.portalURL, showcaseName, s.portalURL, o.ID)
}
