// What vectors are made of, by viem. `ethers.mjs` has the same functions by the other library.
import {
  concat, encodeAbiParameters, encodeEventTopics, getAddress, hashDomain, hashStruct, hashTypedData, keccak256, stringToHex,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const field = (name, type) => ({ name, type });
const DOMAIN = [
  field('name', 'string'), field('version', 'string'), field('chainId', 'uint256'), field('verifyingContract', 'address'),
];

export const name = 'viem';
export const checksum = getAddress;
export const hashOfText = (text) => keccak256(stringToHex(text));
export const hashOf = (...parts) => keccak256(concat(parts));
export const encode = (types, values) => encodeAbiParameters(types.map((type) => ({ type })), values);
export const domainSeparator = (domain) => hashDomain({ domain, types: { EIP712Domain: DOMAIN } });
// viem keeps its own function to itself; that it agrees with this text is seen in the hashes of the structs.
export const encodeType = (types, type) => `${type}(${types[type].map((f) => `${f.type} ${f.name}`).join(',')})`;
export const structHash = (types, type, message) => hashStruct({ data: message, primaryType: type, types });
export const digest = (domain, types, type, message) => hashTypedData({ domain, types, primaryType: type, message });
export const addressOf = (privateKey) => privateKeyToAccount(privateKey).address;
export const sign = (privateKey, domain, types, type, message) =>
  privateKeyToAccount(privateKey).signTypedData({ domain, types, primaryType: type, message });

/** `topics` and `data` of the log of an event. */
export const eventLog = (abi, event, values) => {
  const { inputs } = abi.find((item) => item.type === 'event' && item.name === event);
  const part = (indexed) => inputs.flatMap((input, i) => (input.indexed === indexed ? [{ input, value: values[i] }] : []));
  const args = Object.fromEntries(part(true).map(({ input, value }) => [input.name, value]));
  const plain = part(false);
  return {
    topics: encodeEventTopics({ abi, eventName: event, args }),
    data: encodeAbiParameters(plain.map(({ input }) => input), plain.map(({ value }) => value)),
  };
};
