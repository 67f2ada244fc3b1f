// Package scaffolderapi is Backstage's scaffolder over HTTP
// (@backstage/plugin-scaffolder-backend 4.2, v2): actions, forms, tasks with their events by
// long poll and by stream, dry runs and autocompletion. Tasks are operations in Backstage's
// shape (package scaffolder/tasks); this package only translates.
package scaffolderapi
