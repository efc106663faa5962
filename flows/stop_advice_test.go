package flows

import (
	"fmt"
	"strings"
	"testing"
)

// TestT5TheAdviceSaysWhatTheBotDoes, where a text only contains a stop word.
func TestT5TheAdviceSaysWhatTheBotDoes(t *testing.T) {
	for option, want := range map[string]string{
		"      F: {value: x, label: Stop smoking}\n":                                         "takes this for a wish to stop",
		"      F: {value: x, label: No more messages}\n":                                     "it unsubscribes them",
		fmt.Sprintf("    when:\n      - {words: [%s], goto: ask}\n", "cancel my membership"): "takes this for a wish to stop",
	} {
		_, problems := Load("t5.yaml", optionFlow(option))
		if len(problems) == 0 || problems[0].Rule != "answer-is-stop" || !strings.Contains(problems[0].Advice, want) {
			t.Errorf("%s%v", option, problems)
		}
	}
}
