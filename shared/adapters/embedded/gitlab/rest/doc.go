// Package rest owns GitLab's REST API v4 as far as Slipway, python-gitlab, glab and the
// Go clients use it: routes, parameters, access, pagination headers, both error envelopes
// and the shape of every answer. The state, the repositories, hooks and pipelines behind
// it are other packages'.
//
// Flow: a route's handler gets a call with its parameters read and its caller identified,
// asks for the project with the access level it needs (absent and forbidden look the same
// to strangers), works in one state transaction, and answers an object or a failure.
//
// Protocol: https://docs.gitlab.com/api/rest/ and the pages below it.
package rest
