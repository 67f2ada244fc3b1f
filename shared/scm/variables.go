package scm

import "context"

// Variables manages the CI/CD variables of a project.
type Variables interface {
	// Variable finds a variable by key and environment scope ("*" or "" for all). A key that
	// no variable can have is Invalid, here and below.
	Variable(ctx context.Context, project int64, key, scope string) (Variable, error)
	// CreateVariable creates a variable: Conflict when there is one of that key and scope,
	// Invalid when GitLab can't mask the value, which no error tells.
	CreateVariable(ctx context.Context, project int64, v NewVariable) (Variable, error)
	// DeleteVariable removes a variable; removing what is gone succeeds.
	DeleteVariable(ctx context.Context, project int64, key, scope string) error
}

// Variable is a variable without its value, which nobody here needs to read.
type Variable struct {
	Key                    string
	Scope                  string // environment scope
	Type                   string // "env_var", as "" means, or "file"
	Description            string
	Protected, Masked, Raw bool
	// Hidden says that nobody is ever shown the value again; such a variable is masked.
	Hidden bool
}

// NewVariable is a variable to be created.
type NewVariable struct {
	Variable
	Value string
}
