// Package intake owns the definitions of the operation types "app.create" and
// "template.run": it checks what is asked for, before anything is stored. Template, form
// values, name and environments are checked together, so that one answer names everything
// that is wrong. What happens then is the tasks' business (package scaffolder).
package intake
