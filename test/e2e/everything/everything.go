// Package everything owns a template that uses every action with effects: a group that
// another one has access to, a project with an owner, branches and a pipeline, variables, an
// access token in a secret of AWS; in another project tokens of both kinds, a merge request,
// commits, issues and a pipeline; a catalog entry. Its applications fail when they are asked
// to: then the first job of their pipeline ends with an error. The scenarios use it to see
// what is left of a creation that was interrupted or undone.
package everything

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/scm"
)

// Template is the template's ref.
const Template = "template:default/everything"

// Handbook is the project of somebody else that the template proposes a change of, and
// starts a pipeline of.
const Handbook = "platform/handbook"

// Guests is the group that is given access to the new one.
const Guests = "platform"

// Wish is the number of somebody else's issue of the handbook that the template changes.
const Wish = 1

// Secret is the name of the secret that the template asks for.
const Secret = "deploy_key"

const template = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: everything, annotations: {slipway/pipeline: await}}
spec:
  type: service
  owner: group:default/platform
  parameters: {properties: {name: {type: string}, fails: {type: boolean, default: false}}}
  steps:
    - {id: group, action: "gitlab:group:ensureExists", input: {repoUrl: HOST, path: [apps, "team-${{ parameters.name }}"]}}
    - {id: me, action: "gitlab:user:info", input: {repoUrl: HOST}}
    - {id: access, action: "gitlab:group:access", input: {repoUrl: HOST, path: "${{ steps.group.output.groupId }}", groupIds: [GUESTS], accessLevel: reporter}}
    - {id: fetch, action: "fetch:template", input: {url: ./skeleton, values: {name: "${{ parameters.name }}", fails: "${{ parameters.fails }}"}}}
    - {id: publish, action: "publish:gitlab", input: {repoUrl: "HOST?owner=apps/team-${{ parameters.name }}&repo=${{ parameters.name }}", ownerUsername: "${{ steps.me.output.username }}", settings: {name: "The ${{ parameters.name }}"}, branches: [{name: develop, create: true}, {name: release, create: true, protect: true, ref: develop}]}}
    - {id: key, action: "gitlab:projectVariable:create", input: {projectId: "${{ steps.publish.output.projectId }}", key: DEPLOY_KEY, value: "${{ secrets.deploy_key }}", masked: true}}
    - {id: token, action: "gitlab:projectAccessToken:create", input: {projectId: "BOOK", name: "${{ parameters.name }}", accessLevel: 30, scopes: [read_repository]}}
    - {id: hand, action: "gitlab:projectVariable:create", input: {projectId: "${{ steps.publish.output.projectId }}", key: HANDBOOK_TOKEN, value: "${{ steps.token.output.access_token }}", masked: true}}
    - {id: safe, action: "harmonix:create-secret", input: {secretName: "apps/${{ parameters.name }}"}}
    - {id: pass, action: "opa:createRepoAccessToken:gitlab", input: {repoUrl: "HOST?owner=apps/team-${{ parameters.name }}&repo=${{ parameters.name }}", projectId: "${{ steps.publish.output.projectId }}", secretArn: "${{ steps.safe.output.awsSecretArn }}"}}
    - {id: page, action: "fetch:template", input: {url: ./page, targetPath: page, values: {name: "${{ parameters.name }}"}}}
    - {id: propose, action: "publish:gitlab:merge-request", input: {repoUrl: "HOST?owner=platform&repo=handbook", branchName: "add-${{ parameters.name }}", title: "Add ${{ parameters.name }}", sourcePath: page, targetPath: pages}}
    - {id: deploy, action: "gitlab:projectDeployToken:create", input: {projectId: "BOOK", name: "${{ parameters.name }}", scopes: [read_repository]}}
    - {id: note, action: "gitlab:repo:push", input: {repoUrl: "HOST?owner=platform&repo=handbook", branchName: main, commitMessage: "Note ${{ parameters.name }} [skip ci]", sourcePath: page, targetPath: notes}}
    - {id: draft, action: "gitlab:repo:push", input: {repoUrl: "HOST?owner=platform&repo=handbook", branchName: "draft-${{ parameters.name }}", commitMessage: "Draft ${{ parameters.name }} [skip ci]", sourcePath: page, targetPath: drafts}}
    - {id: bare, action: "gitlab:repo:push", input: {repoUrl: "HOST?owner=platform&repo=handbook", branchName: "bare-${{ parameters.name }}", commitMessage: "Nothing", sourcePath: nothing}}
    - {id: issue, action: "gitlab:issues:create", input: {projectId: "BOOK", title: "Greet ${{ parameters.name }}", description: "It is new.", labels: welcome}}
    - {id: greet, action: "gitlab:issue:edit", input: {projectId: "BOOK", issueIid: "${{ steps.issue.output.issueIid }}", addLabels: greeted, stateEvent: close}}
    - {id: wish, action: "gitlab:issue:edit", input: {projectId: "BOOK", issueIid: WISH, addLabels: "${{ parameters.name }}"}}
    - {id: trigger, action: "gitlab:pipeline:trigger", input: {projectId: "BOOK", branch: main, variables: {COMPONENT: "${{ parameters.name }}"}}}
    - {id: register, action: "catalog:register", input: {repoContentsUrl: "${{ steps.publish.output.repoContentsUrl }}"}}
  output:
    links: [{title: Merge request, url: "${{ steps.propose.output.mergeRequestUrl }}"}]
`

// Add makes the handbook, commits the template beside those that ship, and gives the URL to
// register it by.
func Add(ctx context.Context, host scm.Client, gitlabURL string) (string, error) {
	u, err := url.Parse(gitlabURL)
	if err != nil {
		return "", fmt.Errorf("reading GitLab's URL: %w", err)
	}
	book, err := host.CreateProject(ctx, scm.NewProject{Namespace: "platform", Slug: "handbook", DefaultBranch: "main", Visibility: "internal"})
	if err != nil {
		return "", fmt.Errorf("making the handbook: %w", err)
	}
	if err := commit(ctx, host, book.ID, map[string]string{"README.md": "# Handbook\n", ".gitlab-ci.yml": "build:\n  script: [echo done]\n"}); err != nil {
		return "", err
	}
	if _, err := host.CreateIssue(ctx, book.ID, scm.NewIssue{Title: "A wish", Labels: []string{"wish"}}); err != nil {
		return "", fmt.Errorf("making the wish: %w", err)
	}
	guests, err := host.Group(ctx, Guests)
	if err != nil {
		return "", fmt.Errorf("finding the guests: %w", err)
	}
	templates, err := host.Project(ctx, "platform/templates")
	if err != nil {
		return "", fmt.Errorf("finding the templates: %w", err)
	}
	steps := strings.NewReplacer("HOST", u.Host, `"BOOK"`, Handbook, "GUESTS", strconv.FormatInt(guests.ID, 10), "WISH", strconv.Itoa(Wish)).Replace(template)
	err = commit(ctx, host, templates.ID, map[string]string{
		"everything/template.yaml":              steps,
		"everything/page/${{ values.name }}.md": "# ${{ values.name }}\n",
		"everything/skeleton/.gitlab-ci.yml":    "build:\n  script:\n    - {% if values.fails %}exit 1{% else %}echo done{% endif %}\n",
		"everything/skeleton/catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: \"${{ values.name }}\"}\nspec: {type: service, lifecycle: experimental, owner: group:default/platform}\n",
	})
	return strings.TrimSuffix(gitlabURL, "/") + "/platform/templates/-/blob/main/everything/template.yaml", err
}

func commit(ctx context.Context, host scm.Client, project int64, files map[string]string) error {
	c := scm.NewCommit{Branch: "main", Message: "Add files [skip ci]"}
	for path, body := range files {
		c.Changes = append(c.Changes, scm.Change{Action: scm.CreateFile, Path: path, Content: []byte(body)})
	}
	if _, err := host.Commit(ctx, project, c); err != nil {
		return fmt.Errorf("committing to project %d: %w", project, err)
	}
	return nil
}
