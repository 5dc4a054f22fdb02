#include "catalog.h"
#include "../base/hash.h"
#include "text.h"

const struct attribute *relation_attribute(const struct relation *relation, const char *name,
					   bool ignore_case)
{
	for (size_t i = 0; i < relation->attribute_count; i++)
		if (text_equal(relation->attributes[i].name, name, ignore_case))
			return &relation->attributes[i];
	return NULL;
}

uint64_t relation_fingerprint(const struct relation *relation)
{
	uint64_t hash = hash_text(HASH_INIT, relation->name);
	unsigned char kind = (unsigned char)relation->kind;
	hash = hash_bytes(hash, &kind, 1);
	for (size_t i = 0; i < relation->attribute_count; i++) {
		const struct attribute *attribute = &relation->attributes[i];
		const unsigned char flags[] = {
			attribute->not_null,       attribute->primary_key,
			attribute->generated,      attribute->identity,
			attribute->default_unread, attribute->type.modifier_unknown,
		};
		hash = hash_text(hash, attribute->name);
		hash = hash_bytes(hash, &attribute->number, sizeof(attribute->number));
		hash = hash_bytes(hash, &attribute->type.type, sizeof(attribute->type.type));
		hash = hash_bytes(hash, &attribute->type.modifier,
				  sizeof(attribute->type.modifier));
		hash = hash_bytes(hash, flags, sizeof(flags));
		hash = hash_text(hash, attribute->default_value);
	}
	return hash;
}

bool type_equal(const struct type_id *a, const struct type_id *b)
{
	return a->type == b->type &&
	       (a->modifier_unknown || b->modifier_unknown || a->modifier == b->modifier);
}
