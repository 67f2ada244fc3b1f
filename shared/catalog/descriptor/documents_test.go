package descriptor_test

import "fmt"

// component is a document.
func component(name, description string) string {
	return fmt.Sprintf(`apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: %s, description: %q}
spec: {type: service, lifecycle: production, owner: team-a}
`, name, description)
}
