// Package templating owns the Nunjucks dialect that Backstage software templates are
// written in: ${{ expression }}, {% tag %} and {# comment #}, with JavaScript's rules for
// truth, comparison, arithmetic and printing, because that is what template authors tested.
//
// It is a closed interpreter. A template reaches the values it is given, the filters,
// tests and globals listed here, and nothing else: no Go methods, no files, no
// environment, no clock, no randomness. Work, memory, output and depth are bounded on
// every path, so a hostile template costs a fraction of a second and ends in an error.
//
// It does not know steps, forms or repositories; the scaffolder decides what is in scope.
//
// Flow: Engine.Render or Engine.Value → lexer (one token at a time) → parser (syntax
// tree) → run (statements write, expressions give values). Failures inside travel as a
// panic of one private type, the way text/template does it, and leave as an *Error with
// the template's name, line and column.
package templating
