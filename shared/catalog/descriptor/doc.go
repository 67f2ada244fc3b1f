// Package descriptor owns how a file becomes entities: YAML documents in Backstage's
// descriptor format on one side, entities and problems with their place in the file on the
// other.
//
// It reads no files itself: what a placeholder names is read by whoever calls Parse. It
// knows the kinds of entities only through entity.Kinds.
//
// Flow: Parse cuts the file into documents (documents.go), decodes each within limits into
// JSON's types (convert.go), puts what placeholders name in their place (placeholder.go), has
// it validated, takes down the order of all keys (order.go), and looks up where in the file
// each problem lies (position.go).
package descriptor
