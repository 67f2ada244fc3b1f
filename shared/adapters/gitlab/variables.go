package gitlab

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// variableKey is what GitLab lets a key be.
var variableKey = lazyregexp.New(`^[A-Za-z0-9_]{1,255}$`)

// everywhere is the scope of a variable for all environments.
const everywhere = "*"

// variable is GitLab's variable without its value.
type variable struct {
	Key         string `json:"key"`
	Scope       string `json:"environment_scope"`
	Type        string `json:"variable_type"`
	Description string `json:"description"`
	Protected   bool   `json:"protected"`
	Masked      bool   `json:"masked"`
	Raw         bool   `json:"raw"`
	Hidden      bool   `json:"hidden"`
}

func (v *variable) hasID() bool { return v.Key != "" }

func (v variable) scm() scm.Variable {
	return scm.Variable{
		Key: v.Key, Scope: v.Scope, Type: v.Type, Description: v.Description, Protected: v.Protected, Masked: v.Masked, Raw: v.Raw,
		Hidden: v.Hidden,
	}
}

// one makes the call about a variable that is there, which its key alone need not name.
func (c *Client) one(method string, project int64, key, scope string) (call, error) {
	k := call{
		doing: fmt.Sprintf("the variable %s of project %d", safeText(key), project), method: method,
		path: projectPath(project) + "/variables/" + escape(key), query: url.Values{"filter[environment_scope]": {cmp.Or(scope, everywhere)}},
	}
	return k, checkKey(k.doing, key)
}

func checkKey(doing, key string) error {
	if !variableKey.MatchString(key) {
		return errs.New(errs.Invalid, doing+": a key has letters, digits and underscores, 255 at most")
	}
	return nil
}

// Variable implements scm.Variables.
func (c *Client) Variable(ctx context.Context, project int64, key, scope string) (scm.Variable, error) {
	k, err := c.one(http.MethodGet, project, key, scope)
	if err != nil {
		return scm.Variable{}, err
	}
	k.doing = "reading " + k.doing
	var v variable
	if err := c.sendFor(ctx, k, &v); err != nil {
		return scm.Variable{}, err
	}
	if v.Scope != cmp.Or(scope, everywhere) {
		return scm.Variable{}, errs.New(errs.NotFound, k.doing+": there is none of that scope")
	}
	return v.scm(), nil
}

// CreateVariable implements scm.Variables.
func (c *Client) CreateVariable(ctx context.Context, project int64, n scm.NewVariable) (scm.Variable, error) {
	doing := fmt.Sprintf("creating the variable %s of project %d", safeText(n.Key), project)
	if err := checkKey(doing, n.Key); err != nil {
		return scm.Variable{}, err
	}
	body := &api.CreateProjectVariableOptions{
		Key: &n.Key, Value: &n.Value, Description: given(n.Description), EnvironmentScope: api.Ptr(cmp.Or(n.Scope, everywhere)),
		VariableType: given(api.VariableTypeValue(n.Type)), Protected: &n.Protected, Masked: &n.Masked, Raw: &n.Raw,
	}
	if n.Hidden {
		body.MaskedAndHidden, body.Masked = &n.Hidden, nil // GitLab takes one of them
	}
	var v variable
	err := c.sendFor(ctx, call{doing: doing, method: http.MethodPost, path: projectPath(project) + "/variables", body: body}, &v)
	if err != nil {
		return scm.Variable{}, err
	}
	return v.scm(), nil
}

// DeleteVariable implements scm.Variables.
func (c *Client) DeleteVariable(ctx context.Context, project int64, key, scope string) error {
	k, err := c.one(http.MethodDelete, project, key, scope)
	if err != nil {
		return err
	}
	k.doing = "deleting " + k.doing
	_, err = c.send(ctx, k, nil)
	return orGone(err)
}
