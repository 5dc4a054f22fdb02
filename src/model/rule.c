#include "rule.h"

#include <string.h>

static const struct rule_facts *rule_facts(enum rule_id rule)
{
	return rule < RULE_FIRST_WARNING ? &rule_errors[rule]
					 : &rule_warnings[rule - RULE_FIRST_WARNING];
}

size_t reconcile_rule_count(void)
{
	return RULE_COUNT;
}

const struct reconcile_rule *reconcile_rule(size_t index)
{
	return index < RULE_COUNT ? &rule_facts((enum rule_id)index)->shown : NULL;
}

const struct reconcile_rule *reconcile_rule_find(const char *code)
{
	for (size_t i = 0; code && i < RULE_COUNT; i++)
		if (strcmp(rule_facts((enum rule_id)i)->shown.code, code) == 0)
			return reconcile_rule(i);
	return NULL;
}
