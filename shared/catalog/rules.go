package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// platformKinds are the kinds that say what others may do and where applications run. An
// environment that anybody could register would lead pipelines into accounts past the
// approval that its owners ask for.
var platformKinds = []string{"awsenvironment", "awsenvironmentprovider", "template", "user", "group"}

// refused says why an entity of that kind may not come from a file, "" when it may.
// Without any platform group every project may define every kind. A location that the
// platform itself configured may, as far as it leads within its own project or host.
func (s *Service) refused(kind string, f *fileState) string {
	if len(s.platformGroups) == 0 || f.Platform || !slices.Contains(platformKinds, strings.ToLower(kind)) {
		return ""
	}
	for _, group := range s.platformGroups {
		if strings.HasPrefix(strings.ToLower(f.File.Project), strings.ToLower(group)+"/") {
			return ""
		}
	}
	return fmt.Sprintf("a %s is defined by the platform's own projects only (%s)", kind, strings.Join(s.platformGroups, ", "))
}
