package rest

import (
	"errors"
	"net/http"
	"regexp"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

var (
	variableKey = regexp.MustCompile(`^[A-Za-z0-9_]{1,255}$`)
	maskable    = regexp.MustCompile(`^[a-zA-Z0-9_+=/@:.~-]{8,}$`)
	maskableRaw = regexp.MustCompile(`^\S{8,}$`)
	scopeRule   = regexp.MustCompile(`^[a-zA-Z0-9_/${}. *-]{1,255}$`)
)

const (
	maxVariable     = 10000 // characters of a value
	maxVariableText = 255   // of a description
)

func (a *API) variableRoutes() routes {
	const one = " /projects/{id}/variables/{key}"
	return routes{
		"GET /projects/{id}/variables":  listVariables,
		"POST /projects/{id}/variables": createVariable,
		"GET" + one:                     getVariable,
		"PUT" + one:                     editVariable,
		"DELETE" + one:                  deleteVariable,
	}
}

func variableView(v state.Variable) object {
	view := object{
		"key": v.Key, "value": v.Value, "variable_type": v.Type, "protected": v.Protected, "masked": v.Masked, "hidden": v.Hidden,
		"raw": v.Raw, "environment_scope": v.Scope, "description": nullable(v.Description),
	}
	if v.Hidden {
		view["value"] = nil
	}
	return view
}

func (c *call) variables(tx *state.Tx, p state.Project) ([]state.Variable, error) {
	return state.Variables.All(tx, state.ID(p.ID))
}

// takeVariable reads a variable's parameters over what it has.
func (c *call) takeVariable(v *state.Variable) error {
	for name, field := range map[string]*string{
		"value": &v.Value, "variable_type": &v.Type, "environment_scope": &v.Scope, "description": &v.Description,
	} {
		if c.p.Has(name) {
			*field = c.p.String(name)
		}
	}
	v.Protected, v.Masked, v.Raw = c.p.Bool("protected", v.Protected), c.p.Bool("masked", v.Masked), c.p.Bool("raw", v.Raw)
	if c.p.Bool("masked_and_hidden", false) {
		v.Masked, v.Hidden = true, true
	}
	return checkVariable(*v)
}

func checkVariable(v state.Variable) error {
	rule := maskable
	if v.Raw {
		rule = maskableRaw
	}
	switch {
	case v.Type != "env_var" && v.Type != "file":
		return invalid("variable_type does not have a valid value")
	case !variableKey.MatchString(v.Key):
		return badRequest(object{"key": []string{"can contain only letters, digits and '_'."}})
	case utf8.RuneCountInString(v.Value) > maxVariable:
		return badRequest(object{"value": []string{"is too long (maximum is 10000 characters)"}})
	case v.Masked && !rule.MatchString(v.Value):
		return badRequest(object{"value": []string{"is invalid"}})
	case v.Scope == "":
		return badRequest(object{"environment_scope": []string{"can't be blank"}})
	case !scopeRule.MatchString(v.Scope):
		return badRequest(object{"environment_scope": []string{"can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', '*' and spaces"}})
	case utf8.RuneCountInString(v.Description) > maxVariableText:
		return badRequest(object{"description": []string{"is too long (maximum is 255 characters)"}})
	}
	return nil
}

func listVariables(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	var list []state.Variable
	err = c.State.View(func(tx *state.Tx) (err error) {
		list, err = c.variables(tx, p)
		return err
	})
	if err != nil {
		return err
	}
	views := []object{}
	for _, v := range page(c, list) {
		views = append(views, variableView(v))
	}
	return c.ok(views)
}

func createVariable(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	need := []string{"key"}
	if !c.p.Has("value") {
		need = append(need, "value")
	}
	if err := c.require(need...); err != nil {
		return err
	}
	v := state.Variable{Key: c.p.String("key"), Type: "env_var", Scope: "*"}
	if err := c.takeVariable(&v); err != nil {
		return err
	}
	err = c.State.Update(func(tx *state.Tx) error {
		key := state.Under(p.ID, v.Key, v.Scope)
		if state.Variables.Has(tx, key) {
			return badRequest(object{"key": []string{"(" + v.Key + ") has already been taken"}})
		}
		return state.Variables.Put(tx, key, v)
	})
	if err != nil {
		return err
	}
	return c.created(variableView(v))
}

// variable finds the variable of the route. One key may exist with several scopes, then
// filter[environment_scope] has to choose.
func (c *call) variable(tx *state.Tx, p state.Project) (state.Variable, error) {
	all, err := c.variables(tx, p)
	if err != nil {
		return state.Variable{}, err
	}
	scope, chosen := c.p.Hash("filter")["environment_scope"].(string)
	found := []state.Variable{}
	for _, v := range all {
		if v.Key == c.r.PathValue("key") && (!chosen || v.Scope == scope) {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 0:
		return state.Variable{}, notFound("Variable")
	case 1:
		return found[0], nil
	}
	return state.Variable{}, message(http.StatusConflict,
		"There are multiple variables with provided parameters. Please use 'filter[environment_scope]'")
}

func getVariable(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	var v state.Variable
	err = c.State.View(func(tx *state.Tx) (err error) {
		v, err = c.variable(tx, p)
		return err
	})
	if err != nil {
		return err
	}
	return c.ok(variableView(v))
}

func editVariable(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	var v state.Variable
	err = c.State.Update(func(tx *state.Tx) error {
		if v, err = c.variable(tx, p); err != nil {
			return err
		}
		before := state.Under(p.ID, v.Key, v.Scope)
		if err := c.takeVariable(&v); err != nil {
			return err
		}
		after := state.Under(p.ID, v.Key, v.Scope)
		if after != before && state.Variables.Has(tx, after) {
			return badRequest(object{"key": []string{"(" + v.Key + ") has already been taken"}})
		}
		return errors.Join(state.Variables.Delete(tx, before), state.Variables.Put(tx, after, v))
	})
	if err != nil {
		return err
	}
	return c.ok(variableView(v))
}

func deleteVariable(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	err = c.State.Update(func(tx *state.Tx) error {
		v, err := c.variable(tx, p)
		if err != nil {
			return err
		}
		return state.Variables.Delete(tx, state.Under(p.ID, v.Key, v.Scope))
	})
	if err != nil {
		return err
	}
	return c.noContent()
}
